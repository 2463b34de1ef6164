"""Images of an annotation file with labels, boxes and outlines."""

from pathlib import Path
from typing import Any

import pytest
from coco_data import BOX, TRAIN, annotation, coco_folder, write_coco
from data_sets import draw_image

from wsss.data.layouts.coco_entries import Instances, Rules
from wsss.data.layouts.coco_file import read_coco

JSON = "annotations/instances_train2014.json"
CATEGORIES = {1: "person", 18: "dog", 90: "toothbrush"}


def instances(root: Path, *, classes: tuple[str, ...] = tuple(CATEGORIES.values()), **rules: Any) -> Instances:
    usual: dict[str, Any] = {"crowd": "background", "labels_from_crowd": True, "unannotated": "keep"}
    return Instances(
        split="train",
        file=read_coco(root / JSON),
        name=JSON,
        folder="train2014",
        root=root,
        categories=CATEGORIES,
        classes=classes,
        rules=Rules(**{**usual, **rules}),
    )


def test_some_classes_in_an_order_of_ones_own(tmp_path: Path):
    entries = instances(coco_folder(tmp_path), classes=("toothbrush", "person")).entries()
    assert [entry.names for entry in entries] == [("person",), ("toothbrush", "person"), ("person",), ()]
    assert [shape.label for entry in entries for shape in entry.drawing.shapes] == [2, 1, 2]
    # What is annotated with other classes alone is annotated all the same.
    dogs = instances(tmp_path, classes=("dog",), unannotated="skip").entries()
    assert [entry.names for entry in dogs] == [("dog",), ("dog",), ()]


def test_boxes_are_of_instances_and_not_of_crowds(tmp_path: Path):
    root = coco_folder(tmp_path)
    crowd = annotation(1, 90, BOX, crowd=True, bbox=[0, 0, 4, 4])
    write_coco(root / JSON, {1: "COCO_train2014_000000000001.png"}, [*TRAIN[:2], crowd])
    (entry,) = instances(root).entries()
    assert [(name, box.left, box.top) for name, box in entry.boxes] == [("dog", 2, 2), ("person", 8.3, 4.2)]
    assert entry.names == ("dog", "person", "toothbrush")


@pytest.mark.parametrize(("crowd", "labels"), [("background", [3, 1]), ("ignore", [255, 3, 1])])
def test_crowds_are_drawn_first(crowd: str, labels: list[int], tmp_path: Path):
    entry = instances(coco_folder(tmp_path), crowd=crowd).entries()[1]
    assert entry.drawing is not None
    assert [shape.label for shape in entry.drawing.shapes] == labels


def test_what_the_file_does_not_name(tmp_path: Path):
    root = coco_folder(tmp_path)
    draw_image(root / "train2014/more/a.png", key=7)
    assert instances(root).unlisted() == ["train2014/more/a.png"]


def test_an_image_in_a_wrong_folder_is_told_where_it_is(tmp_path: Path):
    root = coco_folder(tmp_path)
    write_coco(root / JSON, {1: "images/COCO_train2014_000000000001.png"}, [])
    (problem,) = instances(root).problems()
    assert "write names as they are below 'train2014', here 'COCO_train2014_000000000001.png'" in problem.why


def test_images_of_one_file_are_refused(tmp_path: Path):
    root = coco_folder(tmp_path)
    name = "COCO_train2014_000000000001.png"
    write_coco(root / JSON, {1: name, 2: name}, TRAIN[:3])
    (problem,) = instances(root).problems()
    assert problem.why.startswith(f"{JSON} lists {name} more than once: give each image one entry")
