"""Masks that came back from Label Studio, as files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wsss.apps.corrected.masks import write_corrected
from wsss.data.images import read_mask
from wsss.data.label_studio import task_of
from wsss.errors import DataError, StoreError, WsssError

LABELS = np.array([[0, 1, 1, 0], [2, 2, 1, 0]], dtype=np.uint8)


def task(name: str, *, annotated: bool = True) -> dict[str, Any]:
    written = task_of(f"{name}.jpg", LABELS, name=name, classes=("cat", "dog"), model="wsss")
    results = written.pop("predictions")
    return {**written, "annotations": [{"result": results[0]["result"]}] if annotated else []}


def exported(folder: Path, *tasks: dict[str, Any]) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def test_annotated_images_become_masks_and_others_are_told(tmp_path: Path):
    export = exported(tmp_path, task("a"), task("below/b"), task("c", annotated=False))
    found = write_corrected(export, out=tmp_path / "masks")
    assert [path.relative_to(tmp_path).as_posix() for path in found.masks] == ["masks/a.png", "masks/below/b.png"]
    assert found.untouched == ("c",)
    assert (read_mask(found.masks[1]) == LABELS).all()


def test_classes_that_are_given_have_their_order(tmp_path: Path):
    export = exported(tmp_path, task("a"))
    found = write_corrected(export, out=tmp_path / "masks", classes=("dog", "cow", "cat"))
    assert read_mask(found.masks[0]).tolist() == [[0, 3, 3, 0], [1, 1, 3, 0]]


def without_classes(name: str) -> dict[str, Any]:
    made = task(name)
    del made["data"]["classes"]
    return made


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ([task("a"), task("a")], "in two tasks"),
        ([task("a", annotated=False)], "none of its 1 images is annotated"),
        ([without_classes("a")], "--classes"),
        ([task("../a")], "a"),
    ],
)
def test_exports_that_are_refused(tmp_path: Path, tasks: list[dict[str, Any]], words: str):
    with pytest.raises(WsssError, match=words):
        write_corrected(exported(tmp_path, *tasks), out=tmp_path / "masks")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize("text", ["{}", "no json", '[{"no": "data"}]', '[{"data": {}, "annotations": 3}]'])
def test_what_is_not_an_export_is_refused_with_a_remedy(tmp_path: Path, text: str):
    path = tmp_path / "export.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((StoreError, DataError), match="as JSON"):
        write_corrected(path, out=tmp_path / "masks")
