import json
from math import isnan, pi
from typing import Any

import numpy as np
import pytest

from wsss.metrics import SegmentationScores, confusion
from wsss.metrics.confusion import mean_of_known

TRUTH = np.array([[0, 1], [1, 255]], dtype=np.uint8)
PREDICTED = np.array([[0, 1], [0, 1]], dtype=np.uint8)


def test_counts_by_hand():
    matrix = confusion(TRUTH, PREDICTED, labels=3)
    assert matrix.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert matrix.dtype == np.int64


def test_scores_by_hand():
    scores = SegmentationScores.of(confusion(TRUTH, PREDICTED, labels=3))
    # Label 0: 1 hit, 1 true, 2 predicted. Label 1: 1 hit, 2 true, 1 predicted. Label 2 is nowhere.
    assert scores.iou[:2] == (0.5, 0.5)
    assert scores.fp[:2] == (0.5, 0.0)
    assert scores.fn[:2] == (0.0, 0.5)
    assert isnan(scores.iou[2])
    assert scores.miou == 0.5


def test_is_a_loop_over_the_pixels():
    rng = np.random.default_rng(0)
    truth, predicted = (rng.choice([0, 1, 2, 3, 255], size=(13, 9)).astype(np.uint8) for _ in range(2))
    expected = np.zeros((4, 4), dtype=int)
    for t, p in zip(truth.ravel().tolist(), predicted.ravel().tolist(), strict=True):
        if t != 255:
            expected[t, 0 if p == 255 else p] += 1
    assert np.array_equal(confusion(truth, predicted, labels=4), expected)


def test_images_add_up():
    rng = np.random.default_rng(1)
    truth, predicted = rng.integers(0, 3, (2, 10, 8), dtype=np.uint8)
    whole = confusion(truth, predicted, labels=3)
    halves = [confusion(truth[rows], predicted[rows], labels=3) for rows in (slice(0, 4), slice(4, 10))]
    assert np.array_equal(whole, sum(halves))


def test_an_ignored_prediction_is_background():
    matrix = confusion(np.array([0, 1], dtype=np.uint8), np.array([255, 255], dtype=np.uint8), labels=2)
    assert matrix.tolist() == [[1, 0], [1, 0]]


def test_a_perfect_prediction_scores_one():
    truth = np.array([0, 1, 2, 2, 255], dtype=np.uint8)
    scores = SegmentationScores.of(confusion(truth, truth, labels=3))
    assert (scores.miou, scores.iou, scores.fp, scores.fn) == (1.0, (1.0,) * 3, (0.0,) * 3, (0.0,) * 3)


def test_predicting_background_everywhere_scores_its_share_of_one_label():
    truth = np.array([0] * 7 + [1] * 2 + [2] * 1 + [255] * 5, dtype=np.uint8)
    scores = SegmentationScores.of(confusion(truth, np.zeros_like(truth), labels=3))
    assert scores.iou == (0.7, 0.0, 0.0)
    assert scores.miou == pytest.approx(0.7 / 3)
    assert scores.fn[1:] == (1.0, 1.0)


def test_a_label_that_is_only_predicted_counts():
    scores = SegmentationScores.of(confusion(np.array([0, 0]), np.array([0, 2]), labels=3))
    assert scores.iou[2] == 0
    assert scores.fp[2] == 1
    assert isnan(scores.iou[1])
    assert scores.miou == 0.25


def test_iou_fp_and_fn_share_one():
    matrix = np.random.default_rng(2).integers(0, 50, (6, 6))
    scores = SegmentationScores.of(matrix)
    assert np.allclose(np.sum([scores.iou, scores.fp, scores.fn], axis=0), 1)


def test_counts_beyond_32_bits_are_kept():
    matrix = np.array([[2**40, 0], [2**40, 2**40]])
    assert SegmentationScores.of(matrix).iou == (0.5, 0.5)


def test_nothing_counted_is_nan_and_no_error():
    truth = np.full((2, 2), 255, dtype=np.uint8)
    scores = SegmentationScores.of(confusion(truth, truth, labels=2))
    assert isnan(scores.miou)
    assert all(map(isnan, scores.iou))


@pytest.mark.parametrize(("truth", "predicted"), [([0, 3], [0, 0]), ([0, 0], [0, 3]), ([0, -1], [0, 0])])
def test_a_label_outside_is_refused_with_its_value(truth: list[int], predicted: list[int]):
    with pytest.raises(ValueError, match=r"holds \[(3|-1)\]: labels are 0 \.\. 2 and 255"):
        confusion(np.array(truth), np.array(predicted), labels=3)


def test_an_ignored_pixel_may_be_predicted_as_anything():
    assert confusion(np.array([255, 0]), np.array([99, 0]), labels=2).sum() == 1


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="does not belong"):
        confusion(np.zeros((2, 3), dtype=int), np.zeros((3, 2), dtype=int), labels=2)


def test_to_dict_is_json_and_reports_the_foreground():
    scores = SegmentationScores.of(np.array([[6, 2, 0], [1, 1, 0], [0, 0, 0]]))
    found = scores.to_dict(["background", "cat", "dog"])
    # Cat: 1 hit, 2 true, 3 predicted: union 4.
    assert found["fp"] == 0.5
    assert found["fn"] == 0.25
    assert found["iou"] == {"background": pytest.approx(6 / 9), "cat": 0.25, "dog": None}
    assert found["miou"] == pytest.approx((6 / 9 + 0.25) / 2)


@pytest.mark.parametrize("matrix", [np.zeros((2, 2), dtype=np.int64), np.array([[5, 0], [0, 0]])])
def test_what_is_not_known_is_none_for_json(matrix: Any):
    found = SegmentationScores.of(matrix).to_dict(["background", "cat"])
    assert found["fp"] is None
    assert found["fn"] is None
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_to_dict_wants_a_name_for_every_label():
    with pytest.raises(ValueError, match="zip"):
        SegmentationScores.of(np.eye(2, dtype=np.int64)).to_dict(["background"])


def test_mean_of_known():
    assert mean_of_known([0.25, float("nan"), 0.75]) == 0.5
    assert mean_of_known([1.0, None, 0.0]) == 0.5
    assert isnan(mean_of_known([None]))
    assert mean_of_known([pi]) == pi
    assert isnan(mean_of_known([]))
