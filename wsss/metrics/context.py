"""Reach of a map around the pixels that it explains."""

import numpy as np
import scipy
from jaxtyping import Bool, Float


def context_radius(
    heat: Float[np.ndarray, "y x"], pixels: Bool[np.ndarray, "y x"], *, share: float = 0.5
) -> float | None:
    """Return the distance from the explained pixels within which `share` of the map's sum lies, in cells of the map.

    0 where so much lies on the pixels themselves; None for an empty map.

    >>> context_radius(np.array([[0.0, 1.0, 0.0, 3.0]]), np.array([[True, False, False, False]]))
    3.0
    """
    total = float(heat.sum(dtype=np.float64))
    if total <= 0 or not pixels.any():
        return None
    distance = scipy.ndimage.distance_transform_edt(~pixels).ravel()
    order = np.argsort(distance, kind="stable")
    reached = heat.ravel()[order].cumsum(dtype=np.float64)
    return float(distance[order][int(np.searchsorted(reached, share * total * (1 - 1e-9)))])
