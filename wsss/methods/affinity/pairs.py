"""Pairs of neighbouring cells: which there are within a radius, and how much the two of a pair belong together.

An affinity lies in [0, 1]. Of a pair that leaves the grid it is 0. Each pair stands once, at its upper (or left) cell.
"""

from collections.abc import Iterator
from functools import cache

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch.nn import functional

Offset = tuple[int, int]
"""How far one cell lies from another: cells down, cells to the right."""


@cache
def offsets(radius: int) -> tuple[Offset, ...]:
    """Return half of the neighbours nearer than `radius` cells, row by row; the other half are their opposites.

    There are 34 for PSA's radius of 5, and 152 for IRN's of 10.
    """
    columns = range(1 - radius, radius)
    return tuple((y, x) for y in range(radius) for x in columns if (y, x) > (0, 0) and y * y + x * x < radius * radius)


@cache
def path(offset: Offset) -> tuple[Offset, ...]:
    """Return the cells on the straight way to a neighbour, both ends included, as IRN has them.

    These are the cells in the rectangle between the two whose centres are less than one cell from the line.
    """
    down, right = offset
    columns = range(min(0, right), max(0, right) + 1)
    return tuple(
        (y, x) for y in range(down + 1) for x in columns if (down * x - right * y) ** 2 < down * down + right * right
    )


class Surrounded:
    """Maps with a margin of `fill` around them, so that they can be seen from every neighbour's place."""

    def __init__(self, maps: Shaped[Tensor, "*n y x"], *, radius: int, fill: float) -> None:
        self._margin = radius - 1
        self._size = maps.shape[-2:]
        self._maps = functional.pad(maps, [self._margin] * 4, value=fill)

    def at(self, offset: Offset) -> Shaped[Tensor, "*n y x"]:
        """Return maps whose cell (y, x) holds what lies at (y, x) + offset; a view."""
        top, left = self._margin + offset[0], self._margin + offset[1]
        return self._maps[..., top : top + self._size[0], left : left + self._size[1]]


def feature_affinities(features: Float[Tensor, "b d y x"], *, radius: int) -> Iterator[Float[Tensor, "b y x"]]:
    """Yield `exp(-mean |f_i - f_j|)` over the channels for every offset (PSA, Ahn and Kwak, CVPR 2018, eq. 3)."""
    seen = Surrounded(features, radius=radius, fill=0)
    inside = Surrounded(features.new_ones(features.shape[-2:]), radius=radius, fill=0)
    for offset in offsets(radius):
        distance = (features - seen.at(offset)).abs().mean(dim=1)
        yield (-distance.float()).exp() * inside.at(offset)


def edge_affinities(edges: Float[Tensor, "b y x"], *, radius: int) -> Iterator[Float[Tensor, "b y x"]]:
    """Yield 1 - the strongest edge on the way for every offset (IRN, Ahn et al., CVPR 2019, eq. 5); edges in [0, 1]."""
    seen = Surrounded(edges, radius=radius, fill=1)
    for offset in offsets(radius):
        yield 1 - torch.stack([seen.at(cell) for cell in path(offset)]).max(dim=0).values
