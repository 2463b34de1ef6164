"""Frames over pictures."""

import numpy as np

from wsss.boxes import Box
from wsss.draw.boxes import HALO, with_boxes

GREY = 120


def test_a_frame_lies_on_the_boxes_edge_and_leaves_the_rest():
    picture = np.full((40, 60, 3), GREY, dtype=np.uint8)
    drawn = with_boxes(picture, [(Box(left=10, top=5, right=50, bottom=30), (255, 0, 0))])
    assert drawn[5, 30].tolist() == list(HALO)
    assert drawn[6, 30].tolist() == [255, 0, 0]
    assert drawn[29, 30].tolist() == list(HALO), "the last row is inside"
    assert drawn[17, 48].tolist() == [255, 0, 0]
    assert (drawn[10:25, 15:45] == GREY).all(), "what is inside stays to be seen"
    changed = np.argwhere((drawn != GREY).any(axis=2))
    assert (changed.min(axis=0).tolist(), changed.max(axis=0).tolist()) == ([5, 10], [29, 49])
    assert (picture == GREY).all(), "the picture itself is left alone"


def test_a_box_of_a_pixel_is_a_dot():
    drawn = with_boxes(np.full((9, 9, 3), GREY, dtype=np.uint8), [(Box(left=3, top=3, right=4, bottom=4), (0, 255, 0))])
    assert (drawn[3, 3] != GREY).any()
