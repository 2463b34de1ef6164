"""Intervals and tests of differences: by hand, against resampling without matrices, and on what is known."""

import numpy as np
import pytest
from jaxtyping import Int
from scipy.sparse import csr_array
from scipy.stats import ttest_ind, ttest_rel

from wsss.metrics.confusion import SegmentationScores
from wsss.metrics.differences import RESAMPLES, difference, holm, mean_estimate, mean_miou, p_over_seeds
from wsss.metrics.image_confusions import sparse_rows


def drawn(images: int, *, hit: float, random_seed: int = 0) -> Int[np.ndarray, "images 3 3"]:
    """Images of two classes, of whose pixels a share is found."""
    rng = np.random.default_rng(random_seed)
    matrices = np.zeros((images, 3, 3), dtype=np.int64)
    for matrix in matrices:
        label, pixels = rng.integers(1, 3), rng.integers(50, 150)
        found = rng.binomial(pixels, hit)
        matrix[0, 0], matrix[label, label], matrix[label, 0] = 500, found, pixels - found
    return matrices


def rows(matrices: Int[np.ndarray, "images 3 3"]) -> csr_array:
    return sparse_rows(matrices, labels=3)


def test_a_run_and_its_copy_differ_by_exactly_nothing():
    run = rows(drawn(30, hit=0.6))
    found = difference([run], [run], paired=True)
    assert (found.value, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_a_run_of_whose_masks_a_third_is_blank_is_told_apart():
    before, after = drawn(100, hit=0.7), drawn(100, hit=0.7)
    after[:30, :, 0] += after[:30, :, 1:].sum(axis=2)
    after[:30, :, 1:] = 0
    found = difference([rows(before)], [rows(after)], paired=True)
    assert found.low < found.value < found.high < 0
    assert found.p < 0.01


def test_three_images_by_hand():
    first = np.array([[[1, 0], [1, 1]], [[2, 0], [0, 2]], [[0, 3], [0, 1]]])
    other = np.array([[[1, 0], [0, 2]], [[2, 0], [1, 1]], [[3, 0], [0, 1]]])
    found = difference([sparse_rows(first, labels=2)], [sparse_rows(other, labels=2)], paired=True)
    # Together: 3 3 / 1 4 has 3/7 and 4/8; 6 0 / 1 4 has 6/7 and 4/5.
    assert found.value == pytest.approx((6 / 7 + 4 / 5) / 2 - (3 / 7 + 4 / 8) / 2)
    # Of the 27 draws, one in 27 holds the second image alone: 1 against (2/3 + 1/2) / 2, the least.
    assert found.low == pytest.approx((2 / 3 + 1 / 2) / 2 - 1)


def test_p_counts_both_sides():
    first = np.array([[[4, 0], [2, 2]], [[4, 0], [1, 3]]])
    other = np.array([[[4, 0], [0, 4]], [[4, 0], [2, 2]]])
    found = difference([sparse_rows(first, labels=2)], [sparse_rows(other, labels=2)], paired=True)
    # Worse where the second image is drawn twice, once in four times, and better otherwise.
    assert found.p == pytest.approx(2 / 4, abs=0.05)


def test_the_interval_is_that_of_resampling_image_by_image():
    before, after = drawn(40, hit=0.6), drawn(40, hit=0.65, random_seed=1)
    found = difference([rows(before)], [rows(after)], paired=False)
    rng = np.random.default_rng(7)
    draws = [rng.integers(40, size=40) for _ in range(RESAMPLES)]
    expected = [
        SegmentationScores.of(after[draw].sum(axis=0)).miou - SegmentationScores.of(before[draw].sum(axis=0)).miou
        for draw in draws
    ]
    low, high = np.quantile(expected, (0.025, 0.975))
    width = high - low
    assert abs(found.low - low) < 0.1 * width
    assert abs(found.high - high) < 0.1 * width


def test_intervals_hold_the_chance_of_runs_as_well():
    alike = [rows(drawn(200, hit=0.6)) for _ in range(3)]
    spread = [rows(drawn(200, hit=hit)) for hit in (0.4, 0.6, 0.8)]
    narrow, wide = mean_estimate(alike), mean_estimate(spread)
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)
    assert wide.low < mean_miou(spread) < wide.high


def test_pairs_are_drawn_together():
    first = [rows(drawn(200, hit=hit)) for hit in (0.4, 0.6, 0.8)]
    better = [rows(drawn(200, hit=hit)) for hit in (0.42, 0.62, 0.82)]
    paired, apart = (difference(first, better, paired=pairs) for pairs in (True, False))
    assert paired.p < 0.01
    assert apart.low < 0 < apart.high


def test_over_seeds_every_assignment_is_counted():
    # Of the 20 ways to divide six runs in two, two are as far apart: one either way.
    assert p_over_seeds([1, 2, 3], [11, 12, 13], paired=False) is None, "0.1 at best"
    assert p_over_seeds([1, 2, 3, 4], [11, 12, 13, 14], paired=False) == pytest.approx(2 / 70)
    assert p_over_seeds([1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 0], paired=True) == pytest.approx(2 * 7 / 64)
    assert p_over_seeds([1], [2], paired=False) is None


@pytest.mark.parametrize("paired", [True, False])
def test_many_seeds_have_the_t_test(paired: bool):
    rng = np.random.default_rng(0)
    first, other = rng.normal(0, 1, (2, 20)).tolist()
    expected = ttest_rel(other, first) if paired else ttest_ind(other, first, equal_var=False)
    assert p_over_seeds(first, other, paired=paired) == pytest.approx(expected.pvalue)


def test_holm_keeps_the_order_and_ends_at_one():
    assert holm([0.5, 0.01, 0.3]) == [0.6, 0.03, 0.6], (
        "the last as often as is left to reject, and not below the former"
    )
    assert holm([0.2]) == [0.2]
    assert holm([]) == []
