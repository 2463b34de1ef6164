"""Regions as layers of numbered pixels, from a partition or from masks that overlap."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Integer

from wsss.regions.base import MOST_REGIONS, Layers


def partition(numbers: Integer[np.ndarray, "h w"]) -> Layers:
    """Return the one layer of a segmentation that gives every pixel a number from 0 on.

    Raises `ValueError` for more than 65,535 regions.
    """
    found = numbers.astype(np.int64) + 1
    if found.max(initial=0) > MOST_REGIONS:
        raise ValueError(f"{found.max()} regions in an image are more than {MOST_REGIONS}: ask for larger ones")
    return found[None].astype(np.uint16)


def layered(masks: Iterable[Bool[np.ndarray, "h w"]], *, height: int, width: int) -> Layers:
    """Put each mask into the first layer where its pixels are free, largest masks first; empty ones are left out.

    Nothing is lost: every mask is a region of its own. Masks that come in another order give the same layers, but for
    masks of one size.

    >>> inner, outer = np.array([[True, False]]), np.array([[True, True]])
    >>> layered([inner, outer], height=1, width=2).tolist()
    [[[1, 1]], [[1, 0]]]
    """
    layers: list[Integer[np.ndarray, "h w"]] = []
    for mask in sorted((mask for mask in masks if mask.any()), key=np.count_nonzero, reverse=True):
        free = next((layer for layer in layers if not layer[mask].any()), None)
        if free is None:
            free = np.zeros((height, width), dtype=np.uint16)
            layers.append(free)
        free[mask] = free.max() + 1
    return np.stack(layers) if layers else np.zeros((0, height, width), dtype=np.uint16)
