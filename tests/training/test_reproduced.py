"""What is said of a segmentation network that did not learn its masks."""

import numpy as np
import pytest

from wsss.metrics.confusion import SegmentationScores
from wsss.training.reproduced import LEAST, LOST, NAMED, advice_on, shown

NAMES = ("background", "ant", "bee", "cat")


def scores(*rows: list[int]) -> SegmentationScores:
    return SegmentationScores.of(np.array(rows))


GOOD = scores([90, 2, 2, 0], [2, 8, 0, 0], [2, 0, 8, 0], [0, 0, 0, 0])
POOR = scores([90, 2, 2, 0], [8, 2, 0, 0], [10, 0, 0, 0], [0, 0, 0, 0])


def test_of_a_network_that_learnt_its_masks_nothing_is_said():
    assert advice_on(GOOD, names=NAMES, steps=10, balanced=False) == []


def test_of_one_that_did_not_the_classes_that_it_did_not_learn_are_named_with_the_remedy():
    (words,) = advice_on(POOR, names=NAMES, steps=10, balanced=False)
    assert "at a mean IoU of 8.3 %" in words  # ant 2 / 12, bee 0, cat is nowhere
    assert "learnt nothing of 1 of 2 classes: bee:" in words
    assert "fit.segmenter.least_steps=20; there were 10 steps" in words
    assert "fit.segmenter.loss=balanced" in words
    (words,) = advice_on(POOR, names=NAMES, steps=10, balanced=True)
    assert words.endswith("there were 10 steps).")


def test_of_many_classes_a_few_are_named():
    count = NAMED + 4
    matrix = np.zeros((count, count), dtype=np.int64)
    matrix[:, 0] = 10
    (words,) = advice_on(SegmentationScores.of(matrix), names=("background", *"abcdefgh"), steps=1, balanced=False)
    assert "nothing of 8 of 8 classes: a, b, c, d, e and 3 more:" in words


def test_the_bounds_are_met_exactly():
    at = SegmentationScores(iou=(1.0, LEAST), fp=(0.0, 0.0), fn=(0.0, 1 - LEAST))
    assert advice_on(at, names=("background", "ant"), steps=1, balanced=False) == []
    below = SegmentationScores(iou=(1.0, LEAST - 0.01, LOST), fp=(0.0, 0.0, 0.0), fn=(0.0, 0.6, 0.9))
    (words,) = advice_on(below, names=("background", "ant", "bee"), steps=1, balanced=False)
    assert "learnt nothing" not in words


def test_masks_of_background_alone_say_nothing():
    assert advice_on(scores([4, 1], [0, 0]), names=("background", "ant"), steps=1, balanced=False) == []


def test_a_class_that_is_only_predicted_was_not_there_to_be_learnt():
    assert shown(scores([4, 1, 0], [0, 0, 0], [0, 0, 3]), names=("background", "ant", "bee")) == {
        "bee": pytest.approx(1.0)
    }
