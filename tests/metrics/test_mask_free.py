"""Scores without true masks, by hand."""

import pytest
import torch

from wsss.metrics.mask_free import soft_iou, tag_f1


def test_f1_counts_all_images_together():
    # Shown 3, tagged 4, both 2.
    assert tag_f1([({0, 1}, {0}), ({2}, {1, 2, 3}), (set(), set())]) == pytest.approx(2 * 2 / 7)
    assert tag_f1([({0}, {1})]) == 0
    assert tag_f1([(set(), set())]) is None


def test_soft_iou_by_hand():
    first = torch.tensor([[[1.0, 0.5], [0.0, 0.5]], [[0.0, 0.0], [0.0, 0.0]], [[0.2, 0.2], [0.2, 0.2]]])
    second = torch.tensor([[[0.5, 0.5], [0.5, 0.5]], [[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    assert soft_iou(first, second) == pytest.approx([1.5 / 2.5, 0.0])
    assert soft_iou(second, first) == pytest.approx([1.5 / 2.5, 0.0])
    assert soft_iou(first[:1], first[:1]) == [1.0]


def test_a_coarser_grid_is_brought_to_the_finer_one():
    fine = torch.tensor([[[0.0, 0.25, 0.75, 1.0]]])
    coarse = torch.tensor([[[0.0, 1.0]]])
    assert soft_iou(fine, coarse) == pytest.approx([1.0])
    assert soft_iou(coarse.half(), fine) == pytest.approx([1.0])
