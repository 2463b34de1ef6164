"""Brush strokes of Label Studio as PNGs, named as its SDK names them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wsss.apps.corrected.png_masks import write_png_masks
from wsss.data.images import read_mask
from wsss.errors import DataError


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    classes = ["cat", "wild cat", "big/dog"]
    every = [
        {"id": number, "data": {"id": f"below/{name}", "classes": classes}} for number, name in ((7, "a"), (9, "b"))
    ]
    (tmp_path / "tasks.json").write_text(json.dumps(every), encoding="utf-8")
    (tmp_path / "png").mkdir()
    return tmp_path / "tasks.json"


def draw(folder: Path, name: str, rows: list[list[int]]) -> None:
    Image.fromarray(np.array(rows, dtype=np.uint8)).save(folder / f"{name}.png")


def written(tasks: Path, **options: Any) -> Any:
    return write_png_masks(tasks.parent / "png", tasks=tasks, out=tasks.parent / "masks", **options)


def test_strokes_become_the_mask_of_their_task_s_image(tasks: Path):
    folder = tasks.parent / "png"
    draw(folder, "task-7-annotation-3-by-1-masks-cat-0", [[255, 0, 0, 100]])
    draw(folder, "task-7-annotation-3-by-1-masks-cat-1", [[0, 255, 0, 0]])
    draw(folder, "task-7-annotation-3-by-1-masks-big-dog-0", [[0, 255, 128, 0]])
    draw(folder, "task-7-annotation-2-by-4-masks-wild cat-0", [[255, 255, 255, 255]])  # an earlier annotation
    (folder / "readme.txt").touch()
    found = written(tasks)
    assert [path.relative_to(tasks.parent).as_posix() for path in found.masks] == ["masks/below/a.png"]
    assert found.untouched == ("below/b",)
    assert read_mask(found.masks[0]).tolist() == [[1, 3, 3, 0]]


@pytest.mark.parametrize("classes", [("cat", "wild-cat"), ("wild-cat", "cat"), ("cat", "wild/cat")])
def test_the_longest_name_of_a_class_counts(classes: tuple[str, ...], tasks: Path):
    draw(tasks.parent / "png", "task-9-annotation-3-by-1-masks-wild-cat-0", [[255, 0]])
    longest = 1 + classes.index(max(classes, key=len))
    assert read_mask(written(tasks, classes=classes).masks[0]).tolist() == [[longest, 0]]


def test_names_may_have_spaces_and_classes_may_be_given(tasks: Path):
    draw(tasks.parent / "png", "task-9-annotation-3-by-1-masks-wild cat-0", [[255, 0]])
    assert read_mask(written(tasks).masks[0]).tolist() == [[2, 0]]
    assert read_mask(written(tasks, classes=("dog", "x", "wild cat")).masks[0]).tolist() == [[3, 0]]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "holds no PNG such as task-1-annotation-1"),
        (("task-8-annotation-1-by-1-masks-cat-0",), "holds strokes of task 8, which .* does not list"),
        (("task-7-annotation-1-by-1-masks-cow-0",), "is of a label that is not a class; there are: cat"),
    ],
)
def test_what_cannot_be_placed_is_told(names: tuple[str, ...], said: str, tasks: Path):
    for name in names:
        draw(tasks.parent / "png", name, [[255, 0]])
    with pytest.raises(DataError, match=said):
        written(tasks)


def test_strokes_of_one_image_have_one_size(tasks: Path):
    draw(tasks.parent / "png", "task-7-annotation-1-by-1-masks-cat-0", [[255, 0]])
    draw(tasks.parent / "png", "task-7-annotation-1-by-1-masks-cat-1", [[255, 0, 0]])
    with pytest.raises(DataError, match="another size than the other strokes"):
        written(tasks)


def test_classes_that_nobody_says_are_asked_for(tasks: Path):
    tasks.write_text(json.dumps([{"id": 7, "data": {"image": "/data/upload/1/1234abcd-a.jpg"}}]), encoding="utf-8")
    draw(tasks.parent / "png", "task-7-annotation-1-by-1-masks-cat-0", [[255, 0]])
    with pytest.raises(DataError, match="image 'a' does not say its classes: name all of them with --classes"):
        written(tasks)
    assert written(tasks, classes=("cat",)).masks[0].name == "a.png"
