"""Basins against a flood that is written down level by level."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from wsss.boxes.peaks import basins

EIGHT = np.ones((3, 3), dtype=bool)


def bumps(*centres: tuple[int, int], shape: tuple[int, int] = (40, 60), width: float = 6.0) -> NDArray[np.float32]:
    rows, columns = np.indices(shape)
    heights = [
        (1 - 0.05 * i) * np.exp(-((rows - r) ** 2 + (columns - c) ** 2) / width**2) for i, (r, c) in enumerate(centres)
    ]
    return np.max(heights, axis=0).astype(np.float32)


def flooded(scores: NDArray[np.float32], peaks: list[tuple[int, int]]) -> NDArray[np.int64]:
    """Let the level sink from value to value; what touches one basin alone joins it. Ties are nobody's: 0."""
    numbers = np.zeros(scores.shape, dtype=np.int64)
    for number, place in enumerate(peaks, 1):
        numbers[place] = number
    for level in np.unique(scores)[::-1]:
        while True:
            grown = [ndimage.binary_dilation(numbers == n, EIGHT) for n in range(1, len(peaks) + 1)]
            free = (scores >= level) & (numbers == 0)
            new = [
                free & touch & ~np.any([g for j, g in enumerate(grown) if j != i], axis=0)
                for i, touch in enumerate(grown)
            ]
            if not np.any(new):
                break
            for number, place in enumerate(new, 1):
                numbers[place] = number
    return numbers


def test_basins_are_those_of_a_flood_from_the_peaks():
    peaks = [(10, 12), (28, 20), (18, 45)]
    scores = bumps(*peaks)
    got = basins(np.ones(scores.shape, dtype=np.int64), scores)
    reference = flooded(scores, peaks)
    decided = reference > 0
    assert decided.mean() > 0.8
    assert (got[decided] == reference[decided]).mean() > 0.97  # a valley is a line of pixels that either may have
    assert len(np.unique(got)) == 3


def test_a_peak_near_a_higher_one_is_not_an_object():
    scores = bumps((20, 20), (20, 25), width=3)
    assert len(np.unique(basins(np.ones(scores.shape, dtype=np.int64), scores))) == 1


def test_the_higher_of_two_near_peaks_is_kept_and_a_plateau_is_one():
    scores = np.zeros((40, 60), dtype=np.float32)
    scores[5:35, 10:30] = 1.0  # one object that the network is sure of
    scores[20, 40], scores[20, 43] = 0.5, 0.75
    got = basins(np.ones(scores.shape, dtype=np.int64), scores)
    assert len(np.unique(got)) == 2
    assert len(np.unique(got[5:35, 10:30])) == 1
    assert got[20, 43] == got[20, 40] != got[20, 20]


def test_near_peaks_of_other_components_are_objects():
    components = np.zeros((40, 60), dtype=np.int64)
    components[:, :20], components[:, 22:] = 1, 2
    got = basins(components, bumps((20, 18), (20, 23), width=3))
    assert len(np.unique(got)) == 3


def test_basins_keep_within_their_component():
    components = np.zeros((40, 60), dtype=np.int64)
    components[:, :20], components[:, 30:] = 1, 2
    got = basins(components, bumps((10, 10), (20, 40)))
    assert (got == 0).tolist() == (components == 0).tolist()
    assert len(np.unique(got[:, :20])) == len(np.unique(got[:, 30:])) == 1


def test_every_pixel_of_every_component_is_kept():
    components = np.zeros((200, 300), dtype=np.int64)
    components[10:150, 10:250], components[190, 1] = 1, 2
    got = basins(components, bumps((80, 60), (80, 200), shape=(200, 300), width=40))
    assert ((got > 0) == (components > 0)).all()
    assert len(np.unique(got[components == 1])) == 2
    assert got[190, 1] not in got[components == 1]


def test_components_without_a_peak_stay_whole_and_apart():
    components = np.zeros((20, 20), dtype=np.int64)
    components[:, :8], components[:, 12:] = 1, 2
    got = basins(components, np.full((20, 20), 0.5, dtype=np.float32))
    assert len(np.unique(got[components == 1])) == len(np.unique(got[components == 2])) == 1
    assert got[0, 0] != got[0, -1]
