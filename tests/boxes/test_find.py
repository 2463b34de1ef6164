"""Boxes of masks that are drawn by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from wsss.boxes.box import Box
from wsss.boxes.find import BoxRule


def mask_of(*places: tuple[slice, slice], shape: tuple[int, int] = (40, 60)) -> NDArray[np.bool_]:
    mask = np.zeros(shape, dtype=bool)
    for place in places:
        mask[place] = True
    return mask


def test_two_blobs_are_two_boxes_the_surer_one_first():
    mask = mask_of(np.s_[2:10, 5:20], np.s_[20:30, 30:50])
    scores = np.where(np.arange(60) < 25, 0.4, 0.8).astype(np.float32)[None].repeat(40, axis=0)
    first, second = BoxRule()(mask, scores)
    assert first.box == Box(left=30, top=20, right=50, bottom=30)
    assert second.box == Box(left=5, top=2, right=20, bottom=10)
    assert (first.area, second.area) == (200, 120)
    assert first.score == pytest.approx(0.8)
    assert second.score == pytest.approx(0.4)


def test_pixels_that_touch_at_a_corner_are_one_object():
    mask = mask_of(np.s_[0:10, 0:10], np.s_[10:20, 10:20])
    assert len(BoxRule()(mask, mask.astype(np.float32))) == 1


def test_specks_are_left_out_by_their_share_of_the_image():
    mask = mask_of(np.s_[0:2, 0:3], np.s_[20:30, 30:50])  # 6 of 2,400 pixels: 0.0025
    scores = mask.astype(np.float32)
    assert len(BoxRule(least=0.0025)(mask, scores)) == 2
    assert len(BoxRule(least=0.0026)(mask, scores)) == 1


def test_a_ring_and_what_lies_in_it_become_one_box():
    mask = mask_of(np.s_[0:40, 0:60])
    mask[1:39, 1:59] = False
    mask[4:36, 4:56] = True
    scores = np.where(np.arange(40)[:, None] == 0, 0.0, 1.0).astype(np.float32) * mask
    (joined,) = BoxRule(merge=0.5)(mask, scores)
    assert joined.box == Box(left=0, top=0, right=60, bottom=40)
    assert joined.area == mask.sum()
    assert joined.score == pytest.approx(scores[mask].mean())
    assert len(BoxRule(merge=1)(mask, scores)) == 2


def test_an_empty_mask_has_no_box():
    assert BoxRule()(mask_of(), np.zeros((40, 60), dtype=np.float32)) == ()


def test_objects_that_touch_are_told_apart_by_their_peaks():
    mask = mask_of(np.s_[10:20, 5:45])
    across = np.arange(60)
    scores = np.maximum(1 - abs(across - 15) / 20, 0.9 - abs(across - 35) / 20).clip(0).astype(np.float32)
    scores = scores[None].repeat(40, axis=0)
    assert [found.box for found in BoxRule()(mask, scores)] == [Box(left=5, top=10, right=45, bottom=20)]
    boxes = {(found.box.left, found.box.right) for found in BoxRule(split=True)(mask, scores)}
    assert boxes == {(5, 26), (26, 45)}, "the valley lies at 26"


@pytest.mark.parametrize("wrong", [{"least": 1.0}, {"least": -0.1}, {"merge": 1.5}])
def test_shares_that_are_none_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="shares"):
        BoxRule(**wrong)
