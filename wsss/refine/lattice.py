"""The permutohedral lattice (Adams et al., Eurographics 2010): Gaussian filtering of values at scattered points.

As in the reference of Kraehenbuehl and Koltun (NeurIPS 2011): every point spreads its values over the corners of the
simplex that it lies in (splat), the lattice is blurred along each of its d + 1 axes, and every point reads its corners
(slice). All of these are products with sparse matrices, so any number of channels is filtered at once, on any device.
"""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import torch
from jaxtyping import Float, Int32, Int64
from torch import Tensor
from torch.nn import functional

TINY = 1e-20
"""What the reference adds to a row sum before it divides."""
FARTHEST = 2.0**22
"""Largest coordinate in the lattice: of larger ones float32 rounds away in which simplex they lie."""
TOO_FAR = "a standard deviation is too small for this image: the lattice has more corners than numbers"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A sparse matrix by rows: row i owns the entries from `ends[i]` to `ends[i + 1]`, so e is one more than rows."""

    columns: Int32[Tensor, " k"]
    ends: Int32[Tensor, " e"]
    weights: Float[Tensor, " k"]

    def __matmul__(self, values: Float[Tensor, "n c"]) -> Float[Tensor, "r c"]:
        # A sum over bags of embeddings is this product, quick on all devices and the same to the bit each time.
        return functional.embedding_bag(
            self.columns,
            values,
            self.ends,
            per_sample_weights=self.weights,
            mode="sum",
            include_last_offset=True,
        )


@dataclass(frozen=True, kw_only=True)
class Simplices:
    """The simplex around each of n points in d dimensions, whose corners have a = d + 1 coordinates that sum to 0.

    Corner 0 is a * `cell`; corner k adds k to all coordinates, and takes a from those whose rank exceeds d - k.
    """

    cell: Int64[Tensor, "a n"]
    rank: Int64[Tensor, "a n"]
    """Every column is a permutation of 0 .. d: where the point lies furthest in an axis' direction, the rank is 0."""
    weights: Float[Tensor, "a n"]
    """Barycentric: how much of the point each corner gets, from corner 0 on."""


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """A linear filter of values at n points; without `normalised`, close to a sum over exp(-distance^2 / 2)."""

    splat: Rows
    blur: tuple[Rows, ...]
    slicing: Rows

    @classmethod
    def around(cls, features: Float[Tensor, "d n"]) -> "Lattice":
        """Build the lattice of points at `features`, in units of the Gaussian's standard deviation.

        Raises `ValueError` where the points are so far apart in these units that corners cannot be numbered.
        """
        simplices = enclosing(features)
        keys, steps = corner_keys(simplices)
        axes = len(features) + 1
        ordered, order = _sorted(keys.flatten())
        first = torch.ones_like(ordered, dtype=torch.bool)
        torch.ne(ordered[1:], ordered[:-1], out=first[1:])
        starts = first.nonzero()[:, 0]
        corners = torch.empty_like(order, dtype=torch.int32)
        corners[order] = first.cumsum(dim=0, dtype=torch.int32) - 1
        weights = simplices.weights.T.flatten()
        return cls(
            splat=Rows(
                columns=order.int().div(axes, rounding_mode="trunc"),
                ends=functional.pad(starts, (0, 1), value=len(order)).int(),
                weights=weights[order],
            ),
            blur=_blurs(ordered[starts], steps),
            slicing=Rows(
                columns=corners,
                ends=torch.arange(0, len(order) + 1, axes, dtype=torch.int32, device=order.device),
                weights=weights / (1 + 2.0 ** (1 - axes)),
            ),
        )

    def filter(self, values: Float[Tensor, "n c"]) -> Float[Tensor, "n c"]:
        """Return K values, where K is this filter's matrix; it is symmetric but for the order of the blurs."""
        corners = self.splat @ values
        for axis in self.blur:
            corners = axis @ corners
        return self.slicing @ corners

    def normalised(self) -> "Lattice":
        """Return D^-1/2 K D^-1/2 as a filter, where D holds the row sums of K, this filter's matrix."""
        ones = self.splat.weights.new_ones(len(self.slicing.ends) - 1, 1)
        norm = (self.filter(ones)[:, 0] + TINY).rsqrt()
        per_entry = norm.repeat_interleave(len(self.blur))
        return replace(
            self,
            splat=replace(self.splat, weights=self.splat.weights * norm[self.splat.columns]),
            slicing=replace(self.slicing, weights=self.slicing.weights * per_entry),
        )


def elevate(features: Float[Tensor, "d n"]) -> Float[Tensor, "d+1 n"]:
    """Return coordinates that sum to 0, in which the lattice's simplices are those of the integers' order."""
    dimensions = len(features)
    elevated = features.new_empty(dimensions + 1, features.shape[1])
    total = torch.zeros_like(features[0])
    for axis in range(dimensions, 0, -1):
        scaled = features[axis - 1] * (sqrt(2 / 3) * (dimensions + 1) / sqrt(axis * (axis + 1)))
        elevated[axis] = total - axis * scaled
        total = total + scaled
    elevated[0] = total
    return elevated


def enclosing(features: Float[Tensor, "d n"]) -> Simplices:
    """Find the simplex around each point, and the point's weights in it; raises as `Lattice.around` does."""
    elevated = elevate(features)
    if elevated.numel() and not float(elevated.abs().amax()) < FARTHEST:
        raise ValueError(TOO_FAR)
    axes = len(elevated)
    cell = (elevated * (1 / axes)).round()
    rest = elevated - cell * axes
    rank = cell.sum(dim=0).to(torch.int8) + torch.arange(axes, dtype=torch.int8, device=cell.device)[:, None]
    for one in range(axes):
        for other in range(one + 1, axes):
            less = (rest[one] < rest[other]).view(torch.int8)
            rank[one] += less
            rank[other] -= less
    # Rounded coordinates need not sum to 0: the nearest that do are one cell away on the axes that rank outside.
    wrap = (rank < 0).to(torch.int8) - (rank >= axes).to(torch.int8)
    rank, cell, rest = (rank + wrap * axes).long(), cell + wrap, rest - wrap * axes
    rising = torch.empty_like(rest).scatter_(0, axes - 1 - rank, rest * (1 / axes))
    weights = rising - rising.roll(1, dims=0)
    weights[0] += 1
    return Simplices(cell=cell.long(), rank=rank, weights=weights)


def corner_keys(simplices: Simplices) -> tuple[Int64[Tensor, "n a"], Int64[Tensor, "a a"]]:
    """Pack each corner into one number, the same for all points that share it.

    A key's remainder by a is the number of the corner in its simplex, and the rest are the cells of all axes but the
    last, which follows from the others. The second table holds, by axis and remainder, what leads from a key to that
    of the neighbour along the axis.
    """
    cell, axes = simplices.cell[:-1], len(simplices.cell)
    low = cell.amin(dim=1) - 2  # corners and their neighbours reach two cells below and one above
    radix, size = [], axes
    for extent in (cell.amax(dim=1) + 2 - low).tolist():
        radix.append(size)
        size *= extent
    if size >= 1 << 62:
        raise ValueError(TOO_FAR)
    radixes = torch.tensor([*radix, 0], device=cell.device)
    keys = torch.empty(cell.shape[1], axes, dtype=torch.int64, device=cell.device)
    key = ((cell - low[:, None]) * radixes[:-1, None]).sum(dim=0)
    falls = torch.empty_like(simplices.rank).scatter_(0, simplices.rank, radixes[:, None].expand_as(simplices.rank))
    for corner in range(axes):
        keys[:, corner] = key
        key = key + 1 - falls[axes - 1 - corner]
    steps = (radixes - 1)[:, None].repeat(1, axes)
    steps[:, 0] += axes - sum(radix)
    return keys, steps


def _sorted(keys: Int64[Tensor, " k"]) -> tuple[Int64[Tensor, " k"], Int64[Tensor, " k"]]:
    """Return the keys in order, and where each was; equal keys stay in their order."""
    bits = len(keys).bit_length()
    if keys.device.type != "cpu" or int(keys.max()).bit_length() + bits > 63:
        ordered, order = torch.sort(keys, stable=True)
        return ordered, order
    # Numbers are sorted several times as fast as numbers with their positions, so each takes its own along.
    packed = torch.from_numpy(np.sort((keys << bits | torch.arange(len(keys))).numpy()))
    return packed >> bits, packed & ((1 << bits) - 1)


def _blurs(corners: Int64[Tensor, " m"], steps: Int64[Tensor, "a a"]) -> tuple[Rows, ...]:
    """Return, for every axis, the matrix that adds half of the neighbours on both sides, where there are such corners.

    `corners` are their keys, in order.
    """
    remainder = corners % len(steps)
    return tuple(_blur(corners, corners + step[remainder]) for step in steps)


def _blur(corners: Int64[Tensor, " m"], wanted: Int64[Tensor, " m"]) -> Rows:
    count = len(corners)
    place = torch.searchsorted(corners, wanted).clamp_(max=count - 1)
    here = (corners[place] == wanted).nonzero()[:, 0]
    there = place[here]
    itself = torch.arange(count, dtype=torch.int32, device=corners.device)
    after, before = torch.full_like(itself, -1), torch.full_like(itself, -1)
    after[here], before[there] = there.int(), here.int()
    table = torch.stack([itself, after, before], dim=1)
    present = table >= 0
    entries = 1 + (after >= 0).int() + (before >= 0).int()
    half = torch.tensor([1.0, 0.5, 0.5], device=corners.device)
    return Rows(
        columns=table.masked_select(present),
        ends=functional.pad(entries.cumsum(dim=0, dtype=torch.int32), (1, 0)),
        weights=half.expand(count, 3).masked_select(present),
    )
