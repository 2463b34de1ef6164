"""A threshold that splits the scores of one map in two."""

from typing import Final

import numpy as np
from jaxtyping import Float

BINS: Final = 256


def otsu(scores: Float[np.ndarray, "y x"]) -> float:
    """Return the threshold between two classes of scores in [0, 1] that explains most of their variance (Otsu, 1979).

    What is above it is the higher class: nothing, where all scores are alike.

    >>> otsu(np.array([[0.1, 0.2, 0.8, 0.9]]))
    0.19921875
    """
    counts = np.bincount(np.clip(scores * BINS, 0, BINS - 1).astype(np.int64).ravel(), minlength=BINS)
    values = np.arange(BINS)
    below, above = counts.cumsum(), counts.sum() - counts.cumsum()
    sums = (counts * values).cumsum()
    known = (below > 0) & (above > 0)
    if not known.any():
        return float(scores.max())
    gap = np.divide(sums, below, where=known, out=np.zeros(BINS)) - np.divide(
        sums[-1] - sums, above, where=known, out=np.zeros(BINS)
    )
    between = np.where(known, below.astype(np.float64) * above * gap**2, -1.0)
    return float(np.nextafter((int(between.argmax()) + 1) / BINS, 0))
