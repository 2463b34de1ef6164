"""Masks as COCO's JSON, read by pycocotools."""

import json
from pathlib import Path

import numpy as np
import pytest

from wsss.apps.export.coco import export_coco
from wsss.apps.export.predicted import Predicted, Predictions
from wsss.errors import ConfigError

LABELS = np.array([[0, 2, 2, 0], [0, 2, 0, 1], [1, 0, 0, 1]], dtype=np.uint8)


def predictions() -> Predictions:
    each = (Predicted(id=i, file=f"{i}.jpg", labels=mask) for i, mask in (("a", LABELS), ("b", LABELS * 0)))
    return Predictions(classes=("cat", "dog"), fingerprint="f", ids=("a", "b"), each=each)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools under NumPy 2
def test_a_region_and_a_box_for_each_part_of_each_class(tmp_path: Path):
    coco = pytest.importorskip("pycocotools.coco")
    assert export_coco(predictions(), tmp_path / "a.json", advance=lambda: None) == 3
    read = coco.COCO(tmp_path / "a.json")
    assert [image["file_name"] for image in read.dataset["images"]] == ["a.jpg", "b.jpg"]
    drawn = np.zeros_like(LABELS)
    for each in read.dataset["annotations"]:
        mask = read.annToMask(each).astype(bool)
        drawn[mask] = each["category_id"]
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert each["bbox"] == [columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1]
        assert each["area"] == mask.sum()
    assert np.array_equal(drawn, LABELS)
    assert {each["id"]: each["name"] for each in json.loads((tmp_path / "a.json").read_text())["categories"]} == {
        1: "cat",
        2: "dog",
    }


def test_another_suffix_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"--out .*a\.txt: name a \.json"):
        export_coco(predictions(), tmp_path / "a.txt", advance=lambda: None)
