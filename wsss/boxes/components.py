"""Connected components of a mask."""

from typing import Final

import numpy as np
import scipy
from jaxtyping import Bool, Int

EIGHT: Final = np.ones((3, 3), dtype=bool)
"""Pixels that touch at a corner belong together."""


def components(mask: Bool[np.ndarray, "h w"]) -> tuple[Int[np.ndarray, "h w"], int]:
    """Number the components of a mask from 1 on, and return how many there are; pixels may touch at corners."""
    numbers, count = scipy.ndimage.label(mask, structure=EIGHT)
    return numbers, int(count)
