"""Average precision of image-level predictions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss.metrics.confusion import mean_of_known


def average_precision(present: NDArray[np.bool_], score: NDArray[np.floating[Any]]) -> float:
    """Return the area under the precision-recall steps (no interpolation) of one class.

    It is nan without a positive and without a negative, where every ranking would have the same. Images with equal
    scores enter together, so the order of images does not matter.

    >>> round(average_precision(np.array([True, False, True]), np.array([0.9, 0.8, 0.7])), 3)  # (1/1 + 2/3) / 2
    0.833
    """
    if not present.any() or present.all():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits, ranked = present[order].cumsum(), score[order]
    last_of_equals = np.append(ranked[1:] != ranked[:-1], True)
    hits, seen = hits[last_of_equals], np.flatnonzero(last_of_equals) + 1
    recall_steps = np.diff(hits, prepend=0) / present.sum()
    return float((recall_steps * hits / seen).sum())


def mean_average_precision(present: NDArray[np.bool_], score: NDArray[np.floating[Any]]) -> float:
    """Return the mean over the classes with a positive and a negative; both arguments are `[images classes]`.

    >>> present = np.array([[True, False], [False, False]])  # nothing shows the second class
    >>> mean_average_precision(present, np.array([[0.9, 0.2], [0.1, 0.8]]))
    1.0
    """
    return mean_of_known(average_precision(present[:, c], score[:, c]) for c in range(present.shape[1]))
