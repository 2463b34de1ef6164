"""k-means on the CPU, with a number of groups that is given or where the elbow of the curve lies."""

from collections.abc import Sequence
from math import ceil, log2
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

RESTARTS: Final = 4
"""How often k-means starts anew; the best end counts."""


def cluster(
    points: NDArray[np.float64], *, counts: NDArray[np.int64], groups: int | Literal["elbow"], random_seed: int
) -> NDArray[np.int32]:
    """Return the group of every point, of which there are `counts`; never more groups than points.

    k-means of scikit-learn. It leaves the global random state alone, and its result does not depend on threads.
    """
    from sklearn.cluster import KMeans  # noqa: PLC0415 - the core costs torch and nothing else

    def fitted(number: int) -> Any:
        kmeans = KMeans(n_clusters=number, n_init=RESTARTS, random_state=random_seed)
        return kmeans.fit(points, sample_weight=counts)

    if isinstance(groups, int):
        numbers = [min(groups, len(points))]
    else:
        most = min(len(points), ceil(log2(len(points))) + 1)
        numbers = list(range(min(3, most), most + 1))
    fits = [fitted(number) for number in numbers]
    labels: NDArray[np.int32] = fits[elbow([each.inertia_ for each in fits])].labels_
    return labels


def elbow(curve: Sequence[float]) -> int:
    """Return where a falling curve lies farthest below the line between its ends; the first where it does not."""
    line = np.linspace(curve[0], curve[-1], len(curve))
    return int(np.argmax(line - np.asarray(curve)))
