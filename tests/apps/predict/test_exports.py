"""Predictions for other tools, read by these tools' own code."""

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as theirs

from wsss.apps.batch.output import Output
from wsss.apps.corrected.masks import write_corrected
from wsss.apps.predict.exports import FORMATS, write_formats
from wsss.apps.predict.task import predictions
from wsss.store.files import read_mask_item, write_mask

CLASSES = ("cat", "dog", "cow")
LABELS = {
    "a": np.array([[0, 0, 1, 1], [0, 2, 1, 1], [0, 2, 0, 0]], dtype=np.uint8),
    "b/c.d": np.zeros((2, 5), dtype=np.uint8),
}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return predictions(tmp_path / "out")


@pytest.fixture
def rows(output: Output) -> list[dict[str, object]]:
    made = []
    for name, labels in LABELS.items():
        path = output.file("mask", name=name, suffix=".png")
        write_mask(path, labels)
        areas = {
            CLASSES[label - 1]: {"pixels": int((labels == label).sum()), "confidence": 0.5}
            for label in np.unique(labels).tolist()
            if label
        }
        height, width = labels.shape
        made.append(
            {
                "image": f"{name}.jpg",
                "mask": output.relative(path),
                "width": width,
                "height": height,
                "classes": areas,
            }
        )
    return made


def test_coco_is_read_by_pycocotools(output: Output, rows: list[dict[str, object]]):
    files = write_formats(["coco"], rows, output=output, classes=CLASSES, model="wsss 0123")
    table = json.loads((output.folder / files["coco"]).read_text(encoding="utf-8"))
    assert [(each["id"], each["file_name"], each["width"], each["height"]) for each in table["images"]] == [
        (1, "a.jpg", 4, 3),
        (2, "b/c.d.jpg", 5, 2),
    ]
    assert [(each["id"], each["name"]) for each in table["categories"]] == [(1, "cat"), (2, "dog"), (3, "cow")]
    assert [each["category_id"] for each in table["annotations"]] == [1, 2]
    for each in table["annotations"]:
        mask = LABELS["a"] == each["category_id"]
        lengths = {**each["segmentation"], "counts": each["segmentation"]["counts"].encode()}
        assert theirs.encode(np.asfortranarray(mask.astype(np.uint8))) == lengths
        assert theirs.area(lengths) == each["area"]
        assert theirs.toBbox(lengths).tolist() == each["bbox"]


def test_polygons_are_read_by_pycocotools(output: Output, rows: list[dict[str, object]]):
    files = write_formats(["polygons"], rows, output=output, classes=CLASSES, model="wsss 0123")
    table = json.loads((output.folder / files["polygons"]).read_text(encoding="utf-8"))
    assert [(each["id"], each["image_id"], each["category_id"]) for each in table["annotations"]] == [
        (1, 1, 1),
        (2, 1, 2),
    ]
    for each in table["annotations"]:
        mask = LABELS["a"] == each["category_id"]
        (drawn,) = theirs.frPyObjects(each["segmentation"], *mask.shape)
        assert drawn == theirs.encode(np.asfortranarray(mask.astype(np.uint8)))
        assert (each["area"], each["iscrowd"], each["score"]) == (mask.sum(), 0, 0.5)
        assert each["bbox"] == theirs.toBbox(theirs.encode(np.asfortranarray(mask.astype(np.uint8)))).tolist()


def test_tasks_of_label_studio_come_back_as_the_same_masks(
    output: Output, rows: list[dict[str, object]], tmp_path: Path
):
    files = write_formats(["label_studio"], rows, output=output, classes=CLASSES, model="wsss 0123")
    tasks = json.loads((output.folder / files["label_studio"]).read_text(encoding="utf-8"))
    assert [task["data"]["id"] for task in tasks] == ["a", "b/c.d"]
    assert 'value="cow"' in (output.folder / "label_studio.xml").read_text(encoding="utf-8")
    # A person accepts every prediction.
    exported = [{"data": task["data"], "annotations": task["predictions"]} for task in tasks]
    (tmp_path / "export.json").write_text(json.dumps(exported), encoding="utf-8")
    found = write_corrected(tmp_path / "export.json", out=tmp_path / "masks")
    assert (read_mask_item(found.masks[0]) == LABELS["a"]).all()
    assert found.untouched == ("b/c.d",), "nothing is drawn in it"


def test_every_format_has_its_file(output: Output, rows: list[dict[str, object]]):
    files = write_formats(FORMATS, rows, output=output, classes=CLASSES, model="wsss")
    assert all((output.folder / name).is_file() for name in files.values())
