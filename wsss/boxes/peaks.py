"""Components that are split at the valleys between the peaks of their scores."""

from typing import Final

import numpy as np
import scipy
import skimage
from jaxtyping import Float, Int

APART: Final = 0.1
"""Peaks are further apart than this share of the image's longer side."""


def basins(components: Int[np.ndarray, "h w"], scores: Float[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Number the parts of components from 1 on, one around each peak, the highest first: a watershed of the scores.

    A plateau is one peak, however wide it is. Components must not touch.
    """
    inside = components > 0
    local_maxima = skimage.morphology.local_maxima(np.where(inside, scores, -np.inf))
    peaks = skimage.measure.label(local_maxima & inside, connectivity=2)
    numbers = np.zeros(peaks.max(initial=0) + 1, dtype=np.int64)
    for number, peak in enumerate(_far_apart(peaks, components, scores), 1):
        numbers[peak] = number
    split = skimage.segmentation.watershed(-scores, numbers[peaks], mask=inside, connectivity=2)
    return np.asarray(split, dtype=np.int64)


def _far_apart(
    peaks: Int[np.ndarray, "h w"], components: Int[np.ndarray, "h w"], scores: Float[np.ndarray, "h w"]
) -> list[int]:
    """Return the numbers of the peaks without those of a component that are near a higher one."""
    numbers = np.arange(1, peaks.max(initial=0) + 1)
    heights = scipy.ndimage.maximum(scores, peaks, numbers)
    owners = scipy.ndimage.maximum(components, peaks, numbers)
    places = np.array(scipy.ndimage.center_of_mass(peaks > 0, peaks, numbers)).reshape(-1, 2)
    kept: list[int] = []
    for peak in np.argsort(-np.asarray(heights), kind="stable").tolist():
        near = [other for other in kept if owners[other - 1] == owners[peak]]
        distances = np.linalg.norm(places[[other - 1 for other in near]] - places[peak], axis=1)
        if (distances > APART * max(scores.shape)).all():
            kept.append(peak + 1)
    return kept
