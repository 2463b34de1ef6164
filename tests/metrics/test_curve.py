from math import isnan
from typing import Any

import numpy as np
import pytest
import torch
from builders import score_maps
from numpy.typing import NDArray

from wsss.masks import strongest
from wsss.metrics import SegmentationScores, ThresholdCurve, confusion
from wsss.metrics.curve import THRESHOLDS
from wsss.refine import ConstantBackground

LABELS = 4


def random_image(seed: int, *, dtype: Any = np.float32) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[Any]]:
    """Truth with ignored pixels, strongest labels, and scores that often equal a threshold."""
    rng = np.random.default_rng(seed)
    truth = rng.choice([0, 1, 2, 3, 255], size=(20, 30)).astype(np.uint8)
    label = rng.integers(1, LABELS, size=truth.shape, dtype=np.uint8)
    score = rng.choice([0.0, 1.0, *THRESHOLDS, *rng.random(50)], size=truth.shape).astype(dtype)
    return truth, label, score


def test_by_hand():
    curve = ThresholdCurve(labels=2, thresholds=(0.0, 0.5))
    curve.add(np.array([0, 1, 1, 255]), strongest=np.array([1, 1, 1, 1]), score=np.array([0.5, 0.0, 0.9, 0.9]))
    # Above 0: pixels 0 and 2. Above 0.5: pixel 2 alone, for a tie is background.
    assert curve.matrices().tolist() == [[[0, 1], [1, 1]], [[1, 0], [1, 1]]]
    assert [scores.miou for scores in curve.scores()] == [pytest.approx(1 / 6), 0.5]
    assert curve.best() == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_point_is_the_evaluation_of_its_threshold(dtype: Any):
    curve = ThresholdCurve(labels=LABELS)
    expected = np.zeros((len(THRESHOLDS), LABELS, LABELS), dtype=np.int64)
    for seed in range(3):
        truth, label, score = random_image(seed, dtype=dtype)
        curve.add(truth, strongest=label, score=score)
        for t, threshold in enumerate(THRESHOLDS):
            expected[t] += confusion(truth, np.where(score > dtype(threshold), label, 0), labels=LABELS)
    assert np.array_equal(curve.matrices(), expected)
    miou = [SegmentationScores.of(matrix).miou for matrix in expected]
    assert [scores.miou for scores in curve.scores()] == miou
    assert curve.best() == int(np.argmax(miou))


def test_every_point_is_a_constant_background():
    """What the oracle promises is what `refine` does with the same threshold, ties included."""
    truth, _, score = random_image(7)
    scores = torch.from_numpy(np.stack([score, np.roll(score, 3)]))
    maps = score_maps([1, 3], scores)
    curve = ThresholdCurve(labels=LABELS)
    curve.add(truth, strongest=np.array([1, 3])[scores.numpy().argmax(axis=0)], score=scores.numpy().max(axis=0))
    for threshold, matrix in zip(THRESHOLDS, curve.matrices(), strict=True):
        predicted, _ = strongest(ConstantBackground(threshold=threshold).apply(maps))
        assert np.array_equal(matrix, confusion(truth, predicted, labels=LABELS))


def test_order_and_grouping_of_images_do_not_matter():
    forwards, backwards = ThresholdCurve(labels=LABELS), ThresholdCurve(labels=LABELS)
    for curve, seeds in ((forwards, (0, 1, 2)), (backwards, (2, 1, 0))):
        for seed in seeds:
            truth, label, score = random_image(seed)
            curve.add(truth, strongest=label, score=score)
    assert np.array_equal(forwards.counts, backwards.counts)
    assert forwards.counts.dtype == np.int64


def test_an_image_without_classes_is_background_at_every_threshold():
    curve = ThresholdCurve(labels=2)
    curve.add(np.array([[0, 1]]), strongest=np.zeros((1, 2), dtype=np.uint8), score=np.zeros((1, 2), dtype=np.float32))
    assert (curve.matrices() == [[1, 0], [1, 0]]).all()


def test_every_pixel_is_counted_at_every_threshold_whatever_its_strongest_label():
    truth, _, score = random_image(3)
    label = np.random.default_rng(3).choice([0, 1, 2, 3, 255], size=truth.shape)
    curve = ThresholdCurve(labels=LABELS)
    curve.add(truth, strongest=label, score=score)
    rows = np.bincount(truth[truth != 255], minlength=LABELS)
    assert (curve.matrices().sum(axis=2) == rows).all()


def test_the_first_of_equally_good_thresholds_is_best():
    curve = ThresholdCurve(labels=2, thresholds=(0.1, 0.2, 0.6))
    curve.add(np.array([0, 1]), strongest=np.array([1, 1]), score=np.array([0.1, 0.5]))
    assert curve.best() == 0


def test_nothing_counted_has_a_best_all_the_same():
    curve = ThresholdCurve(labels=2)
    curve.add(np.array([255]), strongest=np.array([1]), score=np.array([0.5]))
    assert curve.best() == 0
    assert isnan(curve.scores()[0].miou)


@pytest.mark.parametrize(("truth", "label"), [(2, 1), (0, 2), (0, -1)])
def test_a_label_outside_is_refused_and_counted_nowhere(truth: int, label: int):
    curve = ThresholdCurve(labels=2)
    with pytest.raises(ValueError, match=r"labels are 0 \.\. 1 and 255"):
        curve.add(np.array([truth]), strongest=np.array([label]), score=np.array([0.5]))
    assert curve.counts.sum() == 0


def test_thresholds_that_do_not_increase_are_our_mistake():
    with pytest.raises(AssertionError, match="must increase"):
        ThresholdCurve(labels=2, thresholds=(0.5, 0.1))


def test_the_usual_thresholds():
    assert len(THRESHOLDS) == 100
    assert THRESHOLDS[0] == 0.0
    assert THRESHOLDS[35] == 0.35
    assert THRESHOLDS[-1] == 0.99
