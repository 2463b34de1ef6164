"""Separation of an image by a threshold, judged without any mask: by the maps and by the image's colours."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from scipy import ndimage

THRESHOLDS: Final = tuple(round(0.02 * step, 2) for step in range(1, 50))
"""What is tried: 0.02, 0.04 .. 0.98."""

ROUNDING: Final = 1e-12
"""Mean square of what rounding leaves of values that are all equal."""
WINDOW: Final = 9
"""Cells along each side of the square in which colours beside a border are averaged."""

_AROUND: Final = np.ones((3, 3), dtype=bool)


def separation(
    image: UInt8[np.ndarray, "h w 3"], strongest: Float[np.ndarray, "y x"], *, thresholds: Sequence[float] = THRESHOLDS
) -> Float[np.ndarray, " t"]:
    """Return how well each threshold splits the image: the product of the columns of `evidence`; 0 says nothing."""
    return np.asarray(evidence(image, strongest, thresholds=thresholds).prod(axis=1))


def evidence(
    image: UInt8[np.ndarray, "h w 3"], strongest: Float[np.ndarray, "y x"], *, thresholds: Sequence[float] = THRESHOLDS
) -> Float[np.ndarray, "t 3"]:
    """Return three kinds of evidence for each threshold, all in [0, 1], 0 where it leaves one side empty.

    1. The share of the variance of the scores that the two sides explain (Otsu's criterion, 1979). It knows nothing of
       where objects end.
    2. The share of the variance of the colours that they explain. It is highest where object and surroundings differ
       as wholes.
    3. The mean contrast of colours across the border, each side averaged over a small window: a border that runs along
       an object's has more. Alone it prefers small regions.

    `strongest` is the strongest foreground score of each cell.
    """
    height, width = strongest.shape
    small = Image.fromarray(image).resize((width, height), Image.Resampling.BOX)
    colours = np.asarray(small, dtype=np.float64) / np.iinfo(np.uint8).max
    return np.stack(
        [
            explained(strongest[..., None].astype(np.float64), strongest, thresholds=thresholds),
            explained(colours, strongest, thresholds=thresholds),
            [border_contrast(colours, strongest > threshold) for threshold in thresholds],
        ],
        axis=1,
    )


def explained(
    values: Float[np.ndarray, "y x d"], strongest: Float[np.ndarray, "y x"], *, thresholds: Sequence[float]
) -> Float[np.ndarray, " t"]:
    """Return, for each threshold, the share of the variance of `values` that lies between its two sides."""
    flat, count = values.reshape(-1, values.shape[2]), len(thresholds)
    total = ((flat - flat.mean(axis=0)) ** 2).sum()
    if total <= ROUNDING * flat.size:
        return np.zeros(count)
    # Cells that exceed threshold t are those that exceed more than t thresholds.
    passed = np.searchsorted(np.asarray(thresholds, dtype=strongest.dtype), strongest.ravel(), side="left")
    inside = _beyond(np.bincount(passed, minlength=count + 1)[:, None])
    sums = _beyond(np.stack([np.bincount(passed, weights=column, minlength=count + 1) for column in flat.T], axis=1))
    outside = len(flat) - inside
    difference = sums / np.maximum(inside, 1) - (flat.sum(axis=0) - sums) / np.maximum(outside, 1)
    between = (inside * outside / len(flat) * difference**2).sum(axis=1)
    return np.asarray(between / total)


def border_contrast(colours: Float[np.ndarray, "y x 3"], inside: Bool[np.ndarray, "y x"]) -> float:
    """Return the mean distance, over the cells at the border, of the mean colours of both sides around a cell.

    The distance is divided by sqrt(3), the largest that there is; 0 where there is no border.
    """
    if inside.all() or not inside.any():
        return 0.0
    near = ndimage.binary_dilation(inside, _AROUND) & ndimage.binary_dilation(~inside, _AROUND)
    means = [_mean_around(colours, side) for side in (inside, ~inside)]
    return float(np.linalg.norm(means[0] - means[1], axis=2)[near].mean() / np.sqrt(3))


def _mean_around(colours: Float[np.ndarray, "y x 3"], side: Bool[np.ndarray, "y x"]) -> Float[np.ndarray, "y x 3"]:
    weight = side.astype(np.float64)
    share = ndimage.uniform_filter(weight, WINDOW)
    sums = ndimage.uniform_filter(colours * weight[..., None], (WINDOW, WINDOW, 1))
    return np.asarray(sums / np.maximum(share, 1e-9)[..., None])


def _beyond(histogram: np.ndarray) -> np.ndarray:
    return histogram[::-1].cumsum(axis=0)[::-1][1:]
