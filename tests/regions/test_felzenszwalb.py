"""Felzenszwalb's regions end at edges, and grow with the scale."""

import numpy as np
import pytest

from wsss.regions import Felzenszwalb
from wsss.testing.regions import images_with_regions

IMAGES = images_with_regions()


def test_a_square_on_two_halves_is_three_regions():
    (layer,) = Felzenszwalb(sigma=0.0).find(IMAGES["squared"])
    assert len(np.unique(layer)) == 3
    assert len(np.unique(layer[16:40, 4:28])) == 1
    assert layer[20, 20] != layer[20, 2] != layer[20, 60]


def test_a_larger_scale_smoothing_or_least_size_leaves_fewer_regions():
    noise = IMAGES["noise"]
    many = {"scale": 1.0, "min_size": 1, "sigma": 0.0}
    most = Felzenszwalb(**many).find(noise).max()
    for option in ({"scale": 1000.0}, {"scale": 1.0, "min_size": 100}, {"scale": 1.0, "min_size": 1, "sigma": 5.0}):
        assert Felzenszwalb(**{"sigma": 0.0, **option}).find(noise).max() < most / 2


@pytest.mark.parametrize("option", [{"scale": 0.0}, {"sigma": -1.0}, {"min_size": 0}])
def test_what_makes_no_regions_is_refused(option: dict[str, float]):
    with pytest.raises(ValueError, match="scale must be positive, sigma not negative, and min_size at least one"):
        Felzenszwalb(**option)
