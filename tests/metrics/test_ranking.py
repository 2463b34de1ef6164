from math import isnan

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from wsss.metrics import average_precision, mean_average_precision


def test_by_hand():
    present = np.array([True, False, True, False])
    # Found first and third: 1/2 * 1/1 + 1/2 * 2/3.
    assert average_precision(present, np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx(5 / 6)


def test_equal_scores_enter_together():
    present = np.array([True, False, False, False])
    assert average_precision(present, np.zeros(4)) == 0.25
    assert average_precision(present[::-1], np.zeros(4)) == 0.25


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_is_scikit_learns(seed: int, dtype: type):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 40))
    present = rng.random(count) < 0.4
    present[0], present[-1] = True, False
    score = rng.integers(-3, 4, count).astype(dtype) / 3
    assert average_precision(present, score) == pytest.approx(average_precision_score(present, score), abs=1e-12)


def test_a_perfect_ranking_scores_one():
    assert average_precision(np.array([False, True, True]), np.array([-1.0, 0.5, 2.0])) == 1


def test_a_class_without_positives_or_negatives_is_left_out_of_the_mean():
    present = np.array([[True, False, True], [False, False, True]])
    score = np.array([[0.1, 0.9, 0.5], [0.2, 0.3, 0.4]])
    assert isnan(average_precision(present[:, 1], score[:, 1]))
    assert isnan(average_precision(present[:, 2], score[:, 2]))
    assert mean_average_precision(present, score) == 0.5


def test_the_mean_of_no_class_is_nan():
    assert isnan(mean_average_precision(np.zeros((3, 2), dtype=bool), np.zeros((3, 2))))
    assert isnan(mean_average_precision(np.zeros((0, 2), dtype=bool), np.zeros((0, 2))))
