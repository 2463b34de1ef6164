"""The difference between the mIoUs of two runs, or of two groups of runs, and what chance alone would do.

Chance has two sources, which are kept apart: which images were there to be scored, and which random seeds the trainings
had. Images are drawn with replacement, the same ones for all runs (a paired bootstrap of the data set's mIoU, and not
of images' own), and runs of a group are drawn with replacement where it has several. Over random seeds alone there are
too few runs to resample: the exact test counts all assignments of the runs that would be as likely.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb
from typing import Final

import numpy as np
import scipy
from jaxtyping import Float, Int
from scipy.sparse import csr_array

from wsss.metrics.image_confusions import miou_of_rows

RESAMPLES: Final = 2000
LEVEL: Final = 0.05
"""Differences that chance makes less often than this are told apart; intervals hold the rest."""
BLOCK: Final = 2**22
"""Image weights in memory at once."""
MOST_ASSIGNMENTS: Final = 20_000
Runs = Sequence[csr_array]
"""Images' confusions of each run of a group, see `wsss.metrics.image_confusions`; the same images in all."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value, the interval in which 95 % of the resamples lie, and how likely 0 is (two-sided)."""

    value: float
    low: float
    high: float
    p: float


def difference(first: Runs, other: Runs, *, paired: bool, random_seed: int = 0) -> Estimate:
    """Return how much the mean mIoU of `other` is above that of `first`, as fractions.

    Args:
        first: Images' confusions of every run.
        other: The same of another group, of the same images.
        paired: Whether runs of the same place belong together (by random seed), so that they are drawn together.
        random_seed: Resamples follow from it.
    """
    assert not paired or len(first) == len(other), "runs that are paired are as many on both sides"
    scores = _resampled([*first, *other], random_seed=random_seed)
    rng = np.random.default_rng([random_seed, 1])
    drawn = _runs(len(first), rng=rng)
    others = drawn if paired else _runs(len(other), rng=rng)
    before, after = scores[:, : len(first)], scores[:, len(first) :]
    differences = np.take_along_axis(after, others, axis=1).mean(axis=1)
    differences -= np.take_along_axis(before, drawn, axis=1).mean(axis=1)
    return _estimate(mean_miou(other) - mean_miou(first), resampled=differences)


def mean_estimate(runs: Runs, *, random_seed: int = 0) -> Estimate:
    """Return the mean mIoU of some runs, and its interval over images and runs."""
    scores = _resampled(runs, random_seed=random_seed)
    drawn = _runs(len(runs), rng=np.random.default_rng([random_seed, 1]))
    return _estimate(mean_miou(runs), resampled=np.take_along_axis(scores, drawn, axis=1).mean(axis=1))


def mean_miou(runs: Runs) -> float:
    """Return the mean of the runs' mIoUs over all images."""
    return float(np.mean([miou_of_rows(run.sum(axis=0)[None])[0] for run in runs]))


def p_over_seeds(first: Sequence[float], other: Sequence[float], *, paired: bool) -> float | None:
    """Return how likely a difference of means this large is (two-sided) if random seeds alone made it; exact.

    None where even the clearest outcome could not be told apart at 5 %: with 5 pairs, or 3 runs on either side. Beyond
    20,000 assignments it is that of the t test (Welch's where runs are not paired).

    >>> p_over_seeds([1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 7], paired=True)
    0.03125
    >>> p_over_seeds([1, 2, 3], [11, 12, 13], paired=True) is None
    True
    """
    assignments = 2 ** len(first) if paired else comb(len(first) + len(other), len(first))
    if min(len(first), len(other)) < 2 or 2 / assignments > LEVEL:
        return None
    data = (np.asarray(other, dtype=float), np.asarray(first, dtype=float))
    if assignments > MOST_ASSIGNMENTS:
        return float((scipy.stats.ttest_rel(*data) if paired else scipy.stats.ttest_ind(*data, equal_var=False)).pvalue)
    kind = "samples" if paired else "independent"
    return float(
        scipy.stats.permutation_test(data, _apart, permutation_type=kind, n_resamples=np.inf, vectorized=True).pvalue
    )


def holm(values: Sequence[float]) -> list[float]:
    """Return p values of a family as Holm corrects them: the chance of any wrong rejection stays below the level.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    corrected, least = [0.0] * len(values), 0.0
    for place, index in enumerate(order):
        least = max(least, min(1.0, (len(values) - place) * values[index]))
        corrected[index] = least
    return corrected


def _apart(
    other: Float[np.ndarray, "*batch n"], first: Float[np.ndarray, "*batch m"], axis: int = -1
) -> Float[np.ndarray, "*batch"]:
    # Rounded, so that assignments with the same difference are as far apart as each other.
    return np.asarray(np.round(np.mean(other, axis=axis) - np.mean(first, axis=axis), 12))


def _runs(count: int, *, rng: np.random.Generator) -> Int[np.ndarray, "resamples runs"]:
    return rng.integers(count, size=(RESAMPLES, count))


def _resampled(runs: Runs, *, random_seed: int) -> Float[np.ndarray, "resamples runs"]:
    images = runs[0].shape[0]
    assert all(run.shape == runs[0].shape for run in runs), "runs are compared on the same images and labels"
    blocks = [[miou_of_rows(weights @ run) for run in runs] for weights in _weights(images, random_seed=random_seed)]
    return np.concatenate([np.stack(block, axis=1) for block in blocks])


def _weights(images: int, *, random_seed: int) -> Iterator[Int[np.ndarray, "block images"]]:
    """Yield how often each image is drawn, for a block of resamples at a time."""
    rng = np.random.default_rng(random_seed)
    size = max(1, BLOCK // images)
    for start in range(0, RESAMPLES, size):
        yield rng.multinomial(images, np.full(images, 1 / images), size=min(size, RESAMPLES - start))


def _estimate(value: float, *, resampled: Float[np.ndarray, " resamples"]) -> Estimate:
    low, high = np.nanquantile(resampled, (LEVEL / 2, 1 - LEVEL / 2))
    either = min((resampled <= 0).sum(), (resampled >= 0).sum()) + 1
    return Estimate(value=value, low=float(low), high=float(high), p=float(min(1.0, 2 * either / (RESAMPLES + 1))))
