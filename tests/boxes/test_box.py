"""Boxes by hand: edges are those of pixels."""

import pytest

from wsss.boxes.box import Box


def test_overlap_by_hand():
    one, other = Box(left=0, top=0, right=10, bottom=10), Box(left=5, top=2, right=15, bottom=12)
    assert one.iou(other) == pytest.approx(5 * 8 / (100 + 100 - 40))
    assert one.iou(one) == 1
    assert one.iou(Box(left=10, top=0, right=11, bottom=10)) == 0, "boxes that touch share no pixel"
    assert one.iou(Box(left=20, top=20, right=30, bottom=30)) == 0, "two negative sides are not an area"


def test_the_hull_is_the_smallest_box_around_both():
    one, other = Box(left=3, top=0, right=10, bottom=10), Box(left=5, top=2, right=15, bottom=8)
    assert one.hull(other) == Box(left=3, top=0, right=15, bottom=10)


def test_a_box_follows_its_image():
    box = Box(left=10, top=20, right=30, bottom=60).scaled(across=0.5, down=0.25)
    assert (box.left, box.top, box.width, box.height) == (5, 5, 10, 10)


@pytest.mark.parametrize("edges", [(5, 0, 5, 9), (0, 9, 5, 3), (float("nan"), 0, 5, 9)])
def test_a_box_without_a_pixel_is_refused(edges: tuple[float, ...]):
    left, top, right, bottom = edges
    with pytest.raises(ValueError, match="left < right"):
        Box(left=left, top=top, right=right, bottom=bottom)
