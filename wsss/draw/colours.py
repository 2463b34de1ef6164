"""The colours of scores, by matplotlib, which takes a second to import."""

from functools import cache
from typing import Final

import matplotlib as mpl
import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

COLOUR_MAP: Final = "inferno"
"""Perceptually uniform, from black to pale yellow: brightness alone tells the score, so it survives a grey print."""


@cache
def heat_colours() -> UInt8[np.ndarray, "256 3"]:
    """Return the colours of scores 0, 1/255 .. 1."""
    colours: NDArray[np.uint8] = np.rint(mpl.colormaps[COLOUR_MAP](np.arange(256))[:, :3] * 255).astype(np.uint8)
    return colours
