"""SLIC's superpixels: about as many as asked for, square where place counts."""

import numpy as np
import pytest

from wsss.regions import SLIC
from wsss.testing.regions import images_with_regions

IMAGES = images_with_regions()


def test_about_as_many_as_were_asked_for_that_follow_edges():
    (layer,) = SLIC(segments=12).find(IMAGES["squared"])
    assert 6 <= layer.max() <= 16
    inside = np.unique(layer[17:39, 5:27])
    outside = np.unique(np.concatenate([layer[:14].ravel(), layer[42:].ravel()]))
    assert not np.intersect1d(inside, outside).size


def test_compact_superpixels_are_a_grid_and_others_follow_colour():
    (square,) = SLIC(segments=4, compactness=1e6).find(IMAGES["noise"])
    assert all(np.unique(square[rows, columns]).size == 1 for rows, columns in [(slice(0, 10), slice(0, 5))])
    (free,) = SLIC(segments=4, compactness=1e-3).find(IMAGES["noise"])
    assert not np.array_equal(square, free)


@pytest.mark.parametrize("option", [{"segments": 0}, {"compactness": 0.0}])
def test_what_makes_no_regions_is_refused(option: dict[str, float]):
    with pytest.raises(ValueError, match="segments must be at least 1, and compactness positive"):
        SLIC(**option)
