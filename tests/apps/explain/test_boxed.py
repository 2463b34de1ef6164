"""Boxes of explanations that are made by hand."""

from pathlib import Path

import numpy as np

from wsss.apps.batch.task import Example
from wsss.apps.boxes import BoxOptions
from wsss.apps.explain.boxed import boxed, write_annotations
from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.sheet import FRAME, sheet
from wsss.apps.explain.task import explanations
from wsss.types import Size


def explanation(method: str, columns: slice) -> Explanation:
    heat = np.zeros((16, 20), dtype=np.float32)
    heat[4:12, columns] = 1
    return Explanation(
        cls=0, name="cat", method=method, probability=0.5, heat=heat, size=Size(height=32, width=40), seconds=0.1
    )


def explained() -> Explained:
    both = (explanation("cam", slice(0, 5)), explanation("layercam", slice(10, 20)))
    return Explained(explanations=both, probabilities={"cat": 0.5}, left_out={})


def test_each_method_has_boxes_of_its_own():
    found = boxed(explained(), BoxOptions())
    assert {key: [box.to_row()["bbox"] for box in boxes] for key, boxes in found.items()} == {
        ("cat", "cam"): [[0, 8, 10, 16]],
        ("cat", "layercam"): [[20, 8, 20, 16]],
    }
    assert [box.to_row()["source"] for boxes in found.values() for box in boxes] == ["cam", "layercam"]


def test_annotations_are_a_folder_of_each_method(tmp_path: Path):
    example = Example(path="b/a.png", name="b/a", image=np.zeros((32, 40, 3), np.uint8), files={})
    entry = write_annotations(boxed(explained(), BoxOptions(voc=True)), example, output=explanations(tmp_path))
    assert entry == {"annotations": ["annotations/cam/b/a.xml", "annotations/layercam/b/a.xml"]}
    assert all((tmp_path / name).is_file() for name in entry["annotations"])


def test_boxes_are_drawn_on_the_sheet():
    picture = np.full((32, 40, 3), 90, dtype=np.uint8)
    plain = np.asarray(sheet(picture, explained(), title="a.png"))
    framed = np.asarray(sheet(picture, explained(), title="a.png", boxes=boxed(explained(), BoxOptions())))
    assert ((framed == FRAME).all(axis=2).sum() - (plain == FRAME).all(axis=2).sum()) > 400
