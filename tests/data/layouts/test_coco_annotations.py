"""COCO's annotations in memory: in columns, by image, and their boxes."""

import json
from pathlib import Path
from typing import Any

import pytest
from coco_data import HEIGHT, OVER, WIDTH

from wsss.boxes.box import Box
from wsss.data.json_items import json_items
from wsss.data.layouts.coco_annotations import Annotation, Annotations
from wsss.size import Size

SIZE = Size(height=HEIGHT, width=WIDTH)
HUGE = 2**80
"""An id beyond 64 bits, as hashes may be."""


def annotations(path: Path, *given: dict[str, Any]) -> Annotations:
    path.write_text(json.dumps({"annotations": given}), encoding="utf-8")
    found = Annotations(path)
    with path.open("rb") as file:
        for value in json_items(file):
            found.add(value)
    return found


def test_annotations_come_back_as_they_were_given_and_by_image(tmp_path: Path):
    given = [
        {"image_id": HUGE, "category_id": 90, "bbox": [1, 2.5, 3, 4], "iscrowd": 0},
        {"image_id": 7, "category_id": 300, "segmentation": OVER, "iscrowd": 1},
        {"image_id": HUGE, "category_id": -1, "bbox": [1, 2, 3]},
        {"image_id": 7, "category_id": 2, "segmentation": []},
    ]
    found = annotations(tmp_path / "a.json", *given)
    every = list(found)
    assert len(found) == len(every) == 4
    assert [(each.image_id, each.category_id) for each in every] == [(HUGE, 90), (7, 300), (HUGE, -1), (7, 2)]
    assert [each.iscrowd for each in every] == [False, True, False, False]
    assert [None if each.bbox is None else list(each.bbox) for each in every] == [[1, 2.5, 3, 4], None, None, None]
    assert [each.outline is None for each in every] == [True, False, True, True]
    assert found.of(HUGE) == every[::2]
    assert found.of(7) == every[1::2]
    assert found.of(8) == []
    assert (found.has(7), found.has(8)) == (True, False)
    assert (list(found.images), list(found.categories)) == ([HUGE, 7, HUGE, 7], [90, 300, -1, 2])
    assert found.has_outlines


def test_a_file_without_annotations(tmp_path: Path):
    found = Annotations(tmp_path / "a.json")
    assert (len(found), list(found), found.of(1), found.has(1), found.has_outlines) == (0, [], [], False, False)


def test_a_box_of_rounded_numbers_ends_at_the_edge_of_the_image():
    edge = Annotation(image_id=1, category_id=1, bbox=[20, 10, 4.01, 6.2])
    assert edge.box(SIZE) == Box(left=20, top=10, right=24, bottom=16)
    assert edge.box(None) == Box(left=20, top=10, right=20 + 4.01, bottom=16.2)
    far = Annotation(image_id=1, category_id=1, bbox=[20, 10, 5.5, 1])
    assert far.box(SIZE) == Box(left=20, top=10, right=25.5, bottom=11)


@pytest.mark.parametrize("bbox", [None, [], [1, 2, 3], [1, 2, 0, 4], [1, 2, 3, -4]])
def test_what_is_no_box(bbox: list[float] | None):
    assert Annotation(image_id=1, category_id=1, bbox=bbox).box(SIZE) is None


def test_a_crowd_has_no_box():
    assert Annotation(image_id=1, category_id=1, bbox=[1, 2, 3, 4], iscrowd=True).box(SIZE) is None
