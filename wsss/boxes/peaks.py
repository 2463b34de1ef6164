"""Components that are split at the valleys between the peaks of their scores."""

import heapq
from typing import Final

import numpy as np
from jaxtyping import Float, Int
from scipy import ndimage

APART: Final = 0.1
"""Peaks are further apart than this share of the image's longer side."""
WIDEST: Final = 256
"""Cells of the longer side on which basins are grown; those of larger images are enlarged."""


def basins(components: Int[np.ndarray, "h w"], scores: Float[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Number the parts of components from 1 on, one around each peak: a watershed (Meyer 1994) of minus the scores.

    Basins grow from the peaks, always at the highest pixel that touches one, and never into another component.
    """
    stride = -(-max(scores.shape) // WIDEST)
    small = components[::stride, ::stride]
    grown = _grown(_peaks(small, scores[::stride, ::stride]), small, scores[::stride, ::stride])
    rows, columns = (np.arange(side) // stride for side in scores.shape)
    # A pixel of another component than its cell, or of one without a cell, keeps its component.
    large = grown[rows[:, None], columns]
    split = np.where(small[rows[:, None], columns] == components, large, 0)
    rest = (components > 0) & (split == 0)
    return np.where(rest, _attached(components, split), split).astype(np.int64)


def _peaks(components: Int[np.ndarray, "y x"], scores: Float[np.ndarray, "y x"]) -> list[tuple[int, int]]:
    """Return the local maxima, the highest first, without those of a component that are near a higher one."""
    scores = np.where(components > 0, scores, -np.inf)
    highest = (scores == ndimage.maximum_filter(scores, size=3, mode="nearest")) & (components > 0)
    # A plateau with a pixel beside a higher one is a slope, not a peak.
    slopes = np.where(highest, -np.inf, scores)
    sloping = highest & (scores == ndimage.maximum_filter(slopes, size=3, mode="nearest"))
    plateaus, count = ndimage.label(highest, structure=np.ones((3, 3), dtype=bool))
    numbers = sorted(set(range(1, count + 1)) - set(plateaus[sloping].tolist()))
    places = [_middle(np.argwhere(plateaus == number)) for number in numbers]
    apart = APART * max(scores.shape)
    kept: list[tuple[int, int]] = []
    for row, column in sorted(places, key=lambda place: -float(scores[place])):
        own = components[row, column]
        near = [(r, c) for r, c in kept if components[r, c] == own and np.hypot(r - row, c - column) <= apart]
        if not near:
            kept.append((row, column))
    return kept


def _middle(places: Int[np.ndarray, "n 2"]) -> tuple[int, int]:
    """Return the one of equally high pixels that is nearest to their mean."""
    row, column = places[np.square(places - places.mean(axis=0)).sum(axis=1).argmin()].tolist()
    return row, column


def _grown(
    peaks: list[tuple[int, int]], components: Int[np.ndarray, "y x"], scores: Float[np.ndarray, "y x"]
) -> Int[np.ndarray, "y x"]:
    numbers = np.zeros(components.shape, dtype=np.int64)
    queue = [(-float(scores[place]), order, *place) for order, place in enumerate(peaks)]
    for number, place in enumerate(peaks, 1):
        numbers[place] = number
    heapq.heapify(queue)
    order = len(queue)
    height, width = components.shape
    while queue:
        _, _, row, column = heapq.heappop(queue)
        for r in range(max(row - 1, 0), min(row + 2, height)):
            for c in range(max(column - 1, 0), min(column + 2, width)):
                if numbers[r, c] == 0 and components[r, c] == components[row, column]:
                    numbers[r, c] = numbers[row, column]
                    heapq.heappush(queue, (-float(scores[r, c]), order, r, c))
                    order += 1
    return numbers


def _attached(components: Int[np.ndarray, "h w"], split: Int[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Number the pixels that no cell stands for: as the nearest part of their component, or a part of their own."""
    result = np.zeros(components.shape, dtype=np.int64)
    free = int(split.max(initial=0)) + 1
    for number, place in enumerate(ndimage.find_objects(components), 1):
        if place is None:
            continue
        own, parts = components[place] == number, np.where(components[place] == number, split[place], 0)
        if not parts.any():
            result[place][own], free = free, free + 1
        else:
            _, nearest = ndimage.distance_transform_edt(parts == 0, return_indices=True)
            result[place][own] = parts[tuple(nearest)][own]
    return result
