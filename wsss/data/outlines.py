"""Outlines as annotation tools have them, told as the pixels whose centres lie inside."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from wsss.data.drawing import Inside
from wsss.errors import DataError
from wsss.size import Size

Point = tuple[float, float]
"""x and y."""


def polygon(points: Sequence[Point], *, relative: bool = False) -> Inside:
    """Return a polygon of three corners or more, in pixels or, where it is `relative`, in sides of the image.

    Raises `DataError` for fewer corners, and for one that is not finite.
    """
    corners = [(float(x), float(y)) for x, y in points]
    if len(corners) < 3:
        raise DataError(f"a polygon with too few corners, {len(corners)}: draw three or more")
    if not np.isfinite(corners).all():
        raise DataError("a polygon with a corner that is not a number: draw it again")

    def inside(size: Size) -> Bool[np.ndarray, "h w"]:
        across, down = (size.width, size.height) if relative else (1, 1)
        scaled = [(x * across, y * down) for x, y in corners]
        return polygon_mask(scaled, height=size.height, width=size.width)

    return inside


def ellipse(*, centre: Point, across: float, down: float) -> Inside:
    """Return an upright ellipse with half axes `across` and `down`, in pixels."""

    def inside(size: Size) -> Bool[np.ndarray, "h w"]:
        x = (np.arange(size.width) + 0.5 - centre[0]) / max(across, 1e-9)
        y = (np.arange(size.height) + 0.5 - centre[1]) / max(down, 1e-9)
        return np.asarray(x[None] ** 2 + y[:, None] ** 2 <= 1)

    return inside


def rows_of_runs(runs: Sequence[int], *, left: int, top: int, width: int, height: int) -> Inside:
    """Return runs of 0 and 1 by turns along the rows of a rectangle of the image, 0 first, as CVAT has masks.

    Raises `DataError` where the runs do not fill the rectangle.
    """
    if min(runs, default=0) < 0 or sum(runs) != width * height:
        raise DataError(f"a mask whose runs do not fill {width} x {height} pixels: export it again")
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)

    def inside(size: Size) -> Bool[np.ndarray, "h w"]:
        if left < 0 or top < 0 or left + width > size.width or top + height > size.height:
            raise DataError(f"a mask that reaches beyond {size.width} x {size.height} pixels: export it again")
        whole = np.zeros((size.height, size.width), dtype=bool)
        whole[top : top + height, left : left + width] = values
        return whole

    return inside


def polygon_mask(points: Sequence[tuple[float, float]], *, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Return the pixels whose centre lies in a polygon, whose corners are in pixels from the upper left corner.

    What it encloses twice is outside (even-odd rule).
    """
    inside = np.zeros((height, width), dtype=bool)
    across, down = np.arange(width) + 0.5, np.arange(height) + 0.5
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], *points[:1]], strict=True):
        rows = np.flatnonzero((down < y0) != (down < y1))
        if len(rows):
            crossed = x0 + (down[rows] - y0) * (x1 - x0) / (y1 - y0)
            inside[rows] ^= across > crossed[:, None]
    return inside
