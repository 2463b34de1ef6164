"""Masks as polygons, as COCO has them: corners in pixels, from the upper left corner of the image."""

import numpy as np
import scipy
import skimage
from jaxtyping import Bool, Float

TOLERANCE = 0.25
"""Pixels by which a polygon may miss the border, so that straight lines need no corner a pixel."""
CORNERS = 3


def regions_of(mask: Bool[np.ndarray, "h w"]) -> list[Bool[np.ndarray, "h w"]]:
    """Return the regions of a mask whose pixels share sides, each as a mask of its own, from the top."""
    numbered, count = scipy.ndimage.label(mask)
    return [numbered == number for number in range(1, count + 1)]


def polygon_of(region: Bool[np.ndarray, "h w"]) -> list[float]:
    """Return x and y by turns of the outer border of a region; its holes are not cut out, which COCO has no form for.

    Borders run half way between pixels of the region and those beside it. Source: marching squares, by scikit-image.
    """
    # A frame of nothing closes the border of what reaches the image's edge.
    borders = skimage.measure.find_contours(np.pad(region, 1).astype(np.float64), 0.5)
    outer = max(borders, key=_enclosed)
    corners = skimage.measure.approximate_polygon(outer, TOLERANCE)
    rows, columns = (outer if len(corners) <= CORNERS else corners)[:-1].T - 0.5
    points = np.stack([columns.clip(0, region.shape[1]), rows.clip(0, region.shape[0])], axis=1)
    return [round(float(value), 2) for value in points.ravel()]


def _enclosed(border: Float[np.ndarray, "points 2"]) -> float:
    """Return the area within a closed line, by the shoelace formula."""
    y, x = border.T
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2
