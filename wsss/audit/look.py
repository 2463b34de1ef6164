"""A second look at two images, without a network: is one of them made from the other?

Both are seen in grey at `SIDE` pixels. One is laid over the other as it is, mirrored, and as a cut-out of `SCALES` of
its length at every place, and compared by normalised cross-correlation, to which light and contrast do not matter.
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy.signal import fftconvolve

SIDE: Final = 64
"""Pixels of the longer side at which images are compared."""
SCALES: Final = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
"""Lengths of cut-outs that are looked for, as shares of the image that they are cut from."""
FLAT: Final = 4.0
"""Deviation of grey levels, of 255, below which a part is too even to tell anything."""

Grey = Float[np.ndarray, "_ _"]


@final
@dataclass(frozen=True, kw_only=True)
class Look:
    """How well one image fits into the other, at best."""

    correlation: float
    mirrored: bool
    scale: float
    """Length of the cut-out; 1 where all of both was compared."""
    brighter: float = 0.0
    """By how many grey levels, of 255, their means differ."""


def grey(image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "y x"]:
    """Return an image in grey with its longer side at `SIDE` pixels, or at its own where it is smaller."""
    picture = Image.fromarray(image).convert("L")
    scale = min(1.0, SIDE / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return np.asarray(picture.resize(size, Image.Resampling.BOX))


def look(one: Grey, other: Grey, *, cut_outs: bool = True) -> Look:
    """Find how one of two images in grey is best laid over the other, as a whole or also as a cut-out."""
    brighter = abs(float(one.mean() - other.mean()))
    tries = [
        Look(correlation=_best(whole, _resized(shown, scale, whole)), mirrored=mirrored, scale=scale, brighter=brighter)
        for whole, part in ((one, other), (other, one))
        for scale in (SCALES if cut_outs else SCALES[:1])
        for mirrored, shown in ((False, part), (True, part[:, ::-1]))
    ]
    return max(tries, key=lambda each: (each.correlation, each.scale, not each.mirrored))


def _resized(part: Grey, scale: float, whole: Grey) -> Grey:
    """Return a part as large as a share of the whole, at its own aspect."""
    factor = scale * min(whole.shape[0] / part.shape[0], whole.shape[1] / part.shape[1])
    size = tuple(min(limit, max(1, round(side * factor))) for side, limit in zip(part.shape, whole.shape, strict=True))
    picture = Image.fromarray(np.ascontiguousarray(part)).resize(size[::-1], Image.Resampling.BILINEAR)
    return np.asarray(picture, dtype=np.float32)


def _best(whole: Grey, part: Grey) -> float:
    return float(correlations(whole, part).max())


def correlations(whole: Grey, part: Grey) -> Grey:
    """Return the normalised cross-correlation of a part with a whole at every place where it lies inside.

    It is 0 where either is even: a clear sky fits any other.
    """
    count = part.size
    centred = (part - part.mean()).astype(np.float64)
    length = np.sqrt((centred**2).sum())
    wide = whole.astype(np.float64) - whole.mean()
    products = fftconvolve(wide, centred[::-1, ::-1], mode="valid")
    sums, squares = _windows(wide, part.shape), _windows(wide**2, part.shape)
    spread = np.sqrt(np.clip(squares - sums**2 / count, 0, None))
    even = FLAT * np.sqrt(count)
    if length < even:
        return np.zeros(products.shape, dtype=np.float32)
    return np.where(spread >= even, products / np.where(spread >= even, spread * length, 1), 0).astype(np.float32)


def _windows(values: Float[np.ndarray, "y x"], shape: tuple[int, ...]) -> Float[np.ndarray, "p q"]:
    """Return the sums of all windows of a shape."""
    total = np.pad(values, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    height, width = shape
    inner: Float[np.ndarray, "p q"] = total[height:, width:] - total[:-height, width:]
    inner -= total[height:, :-width]
    inner += total[:-height, :-width]
    return inner
