"""Bring maps of one thing together that were made at several blocks of a network, or by several classifiers."""

from collections.abc import Sequence
from typing import Literal, assert_never

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.resample import resample

Level = Float[Tensor, "n _ _"]
"""Raw maps, of the same pairs as those of the other levels, at a resolution of their own."""
Fusion = Literal["mean", "max", "gate"]
"""`gate` multiplies the deepest maps by 1 plus the mean of the others: what is not in the deepest stays out."""


def peak_is_one(maps: Float[Tensor, "*n y x"]) -> Float[Tensor, "*n y x"]:
    """Return maps without their negative part, divided by their maximum; one that is nowhere positive becomes 0.

    >>> peak_is_one(torch.tensor([[-1.0, 2.0, 4.0]]))
    tensor([[0.0000, 0.5000, 1.0000]])
    """
    positive = maps.relu()
    peak = positive.amax(dim=(-2, -1), keepdim=True)
    return positive / peak.masked_fill(peak == 0, 1)


def fused(levels: Sequence[Level], *, how: Fusion) -> Level:
    """Return one map for each place in the levels, the deepest of which is first, at the finest level's resolution."""
    deepest, *others = at_the_finest(levels)
    if not others:
        return deepest
    match how:
        case "mean":
            return torch.stack([deepest, *others]).mean(dim=0)
        case "max":
            return torch.stack([deepest, *others]).amax(dim=0)
        case "gate":
            return deepest * (1 + torch.stack(others).mean(dim=0))
        case _:
            assert_never(how)


def at_the_finest(levels: Sequence[Level]) -> list[Level]:
    """Interpolate all levels to the size of the largest."""
    height, width = max((level.shape[-2], level.shape[-1]) for level in levels)
    return [
        level
        if level.shape[-2:] == (height, width)
        else resample(level, stride=(height / level.shape[-2], width / level.shape[-1]), size=(height, width))
        for level in levels
    ]
