"""Choice of images to annotate: uncertain ones that are unlike each other, and at least one of every class."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.stats import rankdata

POOL: Final = 10
"""The most uncertain images, this many times as many as are wanted, from which diverse ones are chosen."""


def mean_ranks(scores: Float[np.ndarray, "n u"]) -> Float[np.ndarray, " n"]:
    """Return each row's mean rank in [0, 1] over the columns, 1 for the highest value; nan values have no say.

    A row of which nothing is known has 0.

    >>> mean_ranks(np.array([[0.1, 5.0], [0.2, np.nan], [0.3, 1.0]])).tolist()
    [0.5, 0.5, 0.5]
    """
    known = ~np.isnan(scores)
    ranks = np.full(scores.shape, np.nan)
    for column in range(scores.shape[1]):
        rows = known[:, column]
        if rows.sum() > 1:
            ranks[rows, column] = (rankdata(scores[rows, column]) - 1) / (rows.sum() - 1)
    counted = ~np.isnan(ranks)
    total = np.where(counted, ranks, 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(counted.sum(axis=1), 1))


def choose(
    uncertain: Float[np.ndarray, " n"],
    embeddings: Float[np.ndarray, "n d"],
    *,
    classes: Sequence[Sequence[int]],
    count: int,
) -> list[int]:
    """Return `count` images, or all: first the most uncertain one of each class, the most uncertain class first.

    Then, among the most uncertain images, always the one that is farthest from all chosen ones (greedy k-centre). A
    class's uncertainty is the mean over its images. Classes that a chosen image shows already need no other.
    """
    order = np.argsort(-uncertain, kind="stable")
    members = {c: [i for i in order.tolist() if c in classes[i]] for c in sorted({c for own in classes for c in own})}
    doubtful = sorted(members, key=lambda c: -float(np.mean(uncertain[members[c]])))
    chosen: list[int] = []
    for c in doubtful:
        if len(chosen) < count and not any(c in classes[i] for i in chosen):
            chosen.append(members[c][0])
    pool = [i for i in order[: POOL * count].tolist() if i not in chosen]
    while len(chosen) < count and pool:
        chosen.append(pool.pop(_farthest(embeddings[pool], embeddings[chosen])))
    return chosen


def _farthest(points: NDArray[np.floating], chosen: NDArray[np.floating]) -> int:
    """Return the place of the point that is farthest from the nearest chosen one, the first where none is chosen."""
    if not len(chosen):
        return 0
    squares = (points**2).sum(axis=1)[:, None] + (chosen**2).sum(axis=1) - 2 * points @ chosen.T
    return int(squares.min(axis=1).argmax())
