"""Regions in layers: nothing of a partition or of overlapping masks is lost."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from wsss.regions.layers import layered, partition


def test_a_partition_is_one_layer_numbered_from_1_on():
    layers = partition(np.array([[0, 0], [2, 1]]))
    assert layers.dtype == np.uint16
    assert layers.tolist() == [[[1, 1], [3, 2]]]


def test_more_regions_than_numbers_are_refused():
    assert partition(np.array([[65_534]])).tolist() == [[[65_535]]]
    with pytest.raises(ValueError, match="65536 regions in an image are more than 65535: ask for larger ones"):
        partition(np.array([[65_535]]))


@settings(deadline=None)
@given(st.lists(arrays.arrays(bool, (3, 4)), max_size=6))
def test_every_mask_is_a_region_of_one_layer(masks: list[np.ndarray]):
    layers = layered(masks, height=3, width=4)
    found = [layer == number for layer in layers for number in range(1, layer.max(initial=0) + 1)]
    assert sorted(mask.tobytes() for mask in found) == sorted(mask.tobytes() for mask in masks if mask.any())


def test_masks_that_do_not_overlap_share_a_layer():
    left, right, all_of_it = np.array([[True, False]]), np.array([[False, True]]), np.array([[True, True]])
    assert layered([left, all_of_it, right], height=1, width=2).tolist() == [[[1, 1]], [[1, 2]]]
    assert layered([], height=1, width=2).shape == (0, 1, 2)
