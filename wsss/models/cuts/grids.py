"""Layouts of a layer's output: how maps `[b d y x]` are read from it, and put back in its place."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.errors import ModelError

Kept = tuple[Tensor, ...]
"""What of an output the maps alone lose, batch first."""
MOST_PREFIX: Final = 5
"""A class token and four register tokens of a transformer."""


@dataclass(frozen=True, kw_only=True)
class Grid(ABC):
    """How the cells of maps lie in a tensor that a layer returns."""

    @abstractmethod
    def maps(self, output: Tensor, *, height: int, width: int) -> tuple[Float[Tensor, "b d y x"], Kept]:
        """Return the maps, and what else is in `output`, of images of `height` x `width` pixels.

        Raises `ModelError` where the output has another form.
        """

    @abstractmethod
    def output(self, maps: Float[Tensor, "b d y x"], kept: Kept) -> Tensor:
        """Return maps in the layer's own layout, with what was kept beside them."""


@final
@dataclass(frozen=True, kw_only=True)
class ChannelsFirst(Grid):
    """`[b d y x]`, as convolutional networks return it."""

    def maps(self, output: Tensor, *, height: int, width: int) -> tuple[Float[Tensor, "b d y x"], Kept]:
        """See `Grid`."""
        _check_axes(output, 4, "channels first, [b d y x]")
        return output, ()

    def output(self, maps: Float[Tensor, "b d y x"], kept: Kept) -> Tensor:
        """See `Grid`."""
        return maps


@final
@dataclass(frozen=True, kw_only=True)
class ChannelsLast(Grid):
    """`[b y x d]`, as Swin and ConvNeXt have it inside their blocks."""

    def maps(self, output: Tensor, *, height: int, width: int) -> tuple[Float[Tensor, "b d y x"], Kept]:
        """See `Grid`."""
        _check_axes(output, 4, "channels last, [b y x d]")
        return output.permute(0, 3, 1, 2), ()

    def output(self, maps: Float[Tensor, "b d y x"], kept: Kept) -> Tensor:
        """See `Grid`."""
        return maps.permute(0, 2, 3, 1)


@final
@dataclass(frozen=True, kw_only=True)
class Tokens(Grid):
    """`[b t d]`: a transformer's tokens, of which the last are the patches, row by row.

    What stands before them (class and register tokens) is kept beside the maps.
    """

    patch: int
    """Pixels a side of what one token stands for."""

    def maps(self, output: Tensor, *, height: int, width: int) -> tuple[Float[Tensor, "b d y x"], Kept]:
        """See `Grid`."""
        _check_axes(output, 3, "tokens, [b t d]")
        rows, columns = height // self.patch, width // self.patch
        before = output.shape[1] - rows * columns
        if before < 0 or not rows * columns:
            raise ModelError(
                f"{output.shape[1]} tokens are fewer than the {rows} x {columns} patches of {self.patch} pixels of an "
                f"image of {width} x {height}: pass grid=Tokens(patch=...) with the pixels a side of one token"
            )
        patches = output[:, before:].transpose(1, 2).reshape(len(output), -1, rows, columns)
        return patches, (output[:, :before],)

    def output(self, maps: Float[Tensor, "b d y x"], kept: Kept) -> Tensor:
        """See `Grid`."""
        (prefix,) = kept
        return torch.cat([prefix.to(maps.dtype), maps.flatten(2).transpose(1, 2)], dim=1)


def grid_of(output: Tensor, *, height: int, width: int) -> Grid:
    """Return the layout in which a layer's output has a grid of the proportions of images of `height` x `width` pixels.

    Channels first come before channels last where both would do. Raises `ModelError` where no layout fits.

    >>> grid_of(torch.zeros(1, 7, 9, 96), height=224, width=288)
    ChannelsLast()
    >>> grid_of(torch.zeros(1, 1 + 7 * 9, 96), height=224, width=288)
    Tokens(patch=32)
    """
    match tuple(output.shape[1:]):
        case (_, rows, columns) if _proportional(rows, columns, height=height, width=width):
            return ChannelsFirst()
        case (rows, columns, _) if _proportional(rows, columns, height=height, width=width):
            return ChannelsLast()
        case (tokens, _) if patch := _patch(tokens, height=height, width=width):
            return Tokens(patch=patch)
        case _:
            raise ModelError(
                f"the layer returns a tensor of shape {list(output.shape)}, in which there is no grid of the "
                f"proportions of an image of {width} x {height} pixels: choose another layer, or pass the `grid` that "
                "describes it (ChannelsFirst(), ChannelsLast() or Tokens(patch=...))"
            )


def _proportional(rows: int, columns: int, *, height: int, width: int) -> bool:
    """Whether cells cover as many pixels along one axis as along the other, but for rounding to whole cells."""
    vertical, horizontal = height / rows, width / columns
    return abs(width / vertical - columns) <= 1 or abs(height / horizontal - rows) <= 1


def _patch(tokens: int, *, height: int, width: int) -> int | None:
    """Return the pixels a side of a token, with as few tokens as possible before those of the patches."""
    before = {side: tokens - (height // side) * (width // side) for side in range(1, min(height, width) + 1)}
    possible = [side for side, count in before.items() if 0 <= count <= MOST_PREFIX]
    return min(possible, key=lambda side: (before[side], height % side + width % side), default=None)


def _check_axes(output: Tensor, axes: int, wanted: str) -> None:
    if output.ndim != axes:
        raise ModelError(
            f"the layer returns a tensor of shape {list(output.shape)}, which is not {wanted}: choose another layer, "
            "or pass the `grid` that describes it (ChannelsFirst, ChannelsLast or Tokens)"
        )
