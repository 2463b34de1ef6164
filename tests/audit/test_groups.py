"""Groups of pairs that share an image."""

import numpy as np

from wsss.audit.groups import grouped, members


def test_pairs_that_share_an_image_are_one_group():
    group = grouped([(5, 2), (0, 5), (3, 4)], count=7)
    assert group.tolist() == [0, 1, 0, 3, 3, 0, 6]
    assert members(group) == [(0, 2, 5), (3, 4)]


def test_without_pairs_everybody_is_alone():
    assert grouped([], count=3).tolist() == [0, 1, 2]
    assert members(np.arange(3)) == []
