"""Refinement by local means: scores move again and again to the neighbours of the same colour."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final, Literal

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wsss.refine.base import Inputs, Refine, Refiner
from wsss.types import MAP_STRIDE, ScoreMaps

OFFSETS: Final = tuple((down, right) for down, right in product((-1, 0, 1), repeat=2) if down or right)
"""The eight neighbours of a cell, row by row."""


@dataclass(frozen=True, kw_only=True)
class LocalRefiner(Refiner):
    """Every score becomes a weighted mean of those around it, several times; the weights follow from the image alone.

    A cell's neighbours are the eight around it, at several distances; beyond the border the outermost cells are
    repeated. The cell itself is none of them. Labels do not see each other, so a background may come before or after.
    """

    dilations: tuple[int, ...] = (1, 2, 4, 8, 12, 24)
    """Distances of the neighbours, in cells."""
    iterations: int = 10
    at: Literal["maps", "image"] = "maps"
    """`maps`: on the cells that the maps have, with the mean colour of each. `image`: on pixels, maps are interpolated
    before: about 16 times the work, for distances that are 4 times as short."""

    def __post_init__(self) -> None:
        if not self.dilations or min(self.dilations) < 1:
            raise ValueError(f"dilations must be at least 1, and one of them is needed, got {self.dilations}")
        if self.iterations < 1:
            raise ValueError(f"iterations must be at least 1, got {self.iterations}")

    @property
    def on_device(self) -> bool:
        """Yes."""
        return True

    @abstractmethod
    def affinity(self, image: Float[Tensor, "3 y x"]) -> Float[Tensor, "k y x"]:
        """Return what each neighbour, in the order of `neighbours`, counts for a cell; the sum is 1.

        The image is in any unit, since a difference of colours only counts beside their local standard deviation.
        """

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Read nothing."""
        return lambda images, every: [
            self.apply(image, maps.to(device)) for image, maps in zip(images, every, strict=True)
        ]

    @torch.no_grad()
    def apply(self, image: NDArray[np.uint8], maps: ScoreMaps) -> ScoreMaps:
        """Return the refined maps of one image; raises `ValueError` for another image's maps."""
        if image.shape[:2] != maps.size.over(1):
            raise ValueError(f"an image of {image.shape[:2]} does not belong to maps of {maps.size}")
        maps = maps.full() if self.at == "image" else maps
        if not len(maps.labels):
            return maps
        affinity = self.affinity(colours(image, like=maps))
        scores = maps.scores
        for _ in range(self.iterations):
            mean = torch.zeros_like(scores)
            for weight, moved in zip(affinity, neighbours(scores, self.dilations), strict=True):
                mean.addcmul_(moved, weight)
            scores = mean
        return replace(maps, scores=scores.clamp(0, 1))


def colours(image: NDArray[np.uint8], *, like: ScoreMaps) -> Float[Tensor, "3 y x"]:
    """Return the mean colour of each of the maps' cells, 0 to 255."""
    pixels = torch.from_numpy(np.array(image)).to(like.scores.device).permute(2, 0, 1).float()
    if like.scores.shape[-2:] == pixels.shape[-2:]:
        return pixels
    # Cells at the border may be cut off: only the pixels inside count.
    return functional.avg_pool2d(pixels, MAP_STRIDE, ceil_mode=True, count_include_pad=False)


def neighbours(maps: Float[Tensor, "c y x"], dilations: Sequence[int]) -> Iterator[Float[Tensor, "c y x"]]:
    """Yield what lies at each offset of each dilation from every cell: dilation by dilation, row by row."""
    height, width = maps.shape[-2:]
    margin = max(dilations)
    padded = functional.pad(maps, (margin, margin, margin, margin), mode="replicate")
    for dilation, (down, right) in product(dilations, OFFSETS):
        top, left = margin + dilation * down, margin + dilation * right
        yield padded[:, top : top + height, left : left + width]
