"""Boxes of masks and maps that are drawn by hand."""

import numpy as np
import pytest

from wsss.apps.boxes.class_box import BoxOptions, box_options, boxes_of_map, boxes_of_mask
from wsss.boxes import BoxRule
from wsss.errors import ConfigError
from wsss.types import Size


def test_boxes_of_a_mask_by_class():
    labels = np.zeros((20, 40), dtype=np.uint8)
    labels[2:8, 1:6], labels[10:18, 20:36], labels[0:6, 30:38] = 2, 1, 2
    labels[19] = 255
    confidence = np.where(labels == 1, 0.75, 0.5).astype(np.float16)
    boxes = boxes_of_mask(labels, confidence, classes=("cat", "dog"), rule=BoxRule())
    assert [box.to_row() for box in boxes] == [
        {"class": "cat", "bbox": [20, 10, 16, 8], "score": 0.75, "area": 128, "source": "mask"},
        {"class": "dog", "bbox": [30, 0, 8, 6], "score": 0.5, "area": 48, "source": "mask"},
        {"class": "dog", "bbox": [1, 2, 5, 6], "score": 0.5, "area": 30, "source": "mask"},
    ]


def boxes(heat: np.ndarray, size: Size, options: BoxOptions) -> list[dict[str, object]]:
    found = boxes_of_map(heat, size=size, probability=0.5, name="cat", source="cam", options=options)
    return [box.to_row() for box in found]


def test_boxes_of_a_map_are_those_of_the_image():
    heat = np.zeros((10, 20), dtype=np.float32)
    heat[2:5, 4:12] = 0.8
    assert boxes(heat, Size(height=25, width=50), BoxOptions()) == [
        {"class": "cat", "bbox": [10, 5, 20, 8], "score": pytest.approx(0.4), "area": 150, "source": "cam"}
    ]


def test_the_threshold_is_of_the_map_or_its_own():
    heat = np.zeros((10, 20), dtype=np.float32)
    heat[2:8, 4:16], heat[4:6, 8:12] = 0.098, 1.0
    size = Size(height=10, width=20)
    assert [box["bbox"] for box in boxes(heat, size, BoxOptions(threshold=0.05))] == [[4, 2, 12, 6]]
    assert [box["bbox"] for box in boxes(heat, size, BoxOptions(threshold=float(np.float32(0.098))))] == [
        [8, 4, 4, 2]
    ], "not at it"
    assert [box["bbox"] for box in boxes(heat, size, BoxOptions())] == [[8, 4, 4, 2]]


def test_a_box_ends_with_the_image():
    heat = np.zeros((3, 3), dtype=np.float32)
    heat[:, 1:] = 1
    assert boxes(heat, Size(height=10, width=10), BoxOptions())[0]["bbox"] == [3, 0, 7, 10]


def test_words_of_the_command_line():
    asked = box_options(threshold="0.3", least=0.1, merge=0.9, split=True, voc=True)
    assert asked == BoxOptions(rule=BoxRule(least=0.1, merge=0.9, split=True), threshold=0.3, voc=True)
    assert box_options(threshold="auto", least=None, merge=None, split=False, voc=False) == BoxOptions()


@pytest.mark.parametrize("wrong", [{"threshold": "half"}, {"threshold": "1"}, {"least": 2.0}, {"merge": -1.0}])
def test_words_that_are_no_shares_are_refused(wrong: dict[str, object]):
    given = {"threshold": None, "least": None, "merge": None, "split": False, "voc": False, **wrong}
    with pytest.raises(ConfigError, match=r"use shares such as 0\.3"):
        box_options(**given)  # type: ignore[arg-type]
