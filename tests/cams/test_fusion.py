"""Fusion: maps of several blocks as one, by hand."""

import pytest
import torch

from wsss.cams.fusion import Fusion, fused, peak_is_one

DEEP = torch.tensor([[[0.5, 1.0]]])
FINE = torch.tensor([[[1.0, 0.0, 0.0, 0.5]]])
# DEEP at twice the width, cells keeping their extents: 0.5, 0.625, 0.875, 1.


def test_maps_are_divided_by_their_own_maximum():
    maps = torch.tensor([[[2.0, -4.0]], [[-1.0, 0.0]], [[0.0, 1e-9]]])
    assert peak_is_one(maps).tolist() == [[[1, 0]], [[0, 0]], [[0, 1]]]


def test_a_single_level_is_itself():
    for how in ("mean", "max", "gate"):
        assert fused([FINE], how=how) is FINE


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("mean", [0.75, 0.3125, 0.4375, 0.75]),
        ("max", [1.0, 0.625, 0.875, 1.0]),
        ("gate", [1.0, 0.625, 0.875, 1.5]),
    ],
)
def test_levels_become_one_at_the_finest(how: Fusion, expected: list[float]):
    torch.testing.assert_close(fused([DEEP, FINE], how=how), torch.tensor([[expected]]))


def test_the_gate_opens_by_the_mean_of_the_others_and_never_where_the_deepest_is_zero():
    deep = torch.tensor([[[0.0, 0.4]]])
    others = [torch.tensor([[[1.0, 1.0]]]), torch.tensor([[[1.0, 0.0]]])]
    torch.testing.assert_close(fused([deep, *others], how="gate"), torch.tensor([[[0.0, 0.6]]]))


def test_the_deepest_may_be_the_finest():
    torch.testing.assert_close(fused([FINE, DEEP], how="max"), fused([DEEP, FINE], how="max"))
