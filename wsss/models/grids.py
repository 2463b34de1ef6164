"""Layouts of a layer's output: how maps `[b d y x]` are read from it, and put back in its place."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.errors import ModelError

Kept = tuple[Tensor, ...]
"""What of an output the maps alone lose, batch first."""


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


def _check_axes(output: Tensor, axes: int, wanted: str) -> None:
    if output.ndim != axes:
        raise ModelError(
            f"the layer returns a tensor of shape {list(output.shape)}, which is not {wanted}: choose another layer, "
            "or pass the `grid` that describes it (ChannelsFirst, ChannelsLast or Tokens)"
        )
