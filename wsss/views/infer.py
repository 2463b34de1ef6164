"""Infer-CAM (Sun et al., WACV 2022): split an image, erase what was found, and look again for what is left.

It works around any CAM method, and around views at several scales with their mirror images.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from wsss.cams.base import CAMMethod
from wsss.protocols import CutClassifier
from wsss.resample import resample
from wsss.types import MAP_STRIDE, Images, ScoreMaps, Size, Targets
from wsss.views.base import EPSILON, split_by_image
from wsss.views.multi_scale import ScaledViews

Show = Callable[[Images, Sequence[int]], Float[Tensor, "m y x"]]
"""What the views find of some classes in one image: maps at stride 4, not divided by anything."""


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A part of an image, in cells of 4 pixels; the last ones may reach over its edge."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def cells(self) -> tuple[slice, slice]:
        """Rows and columns of maps at stride 4."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def pixels(self) -> tuple[slice, slice]:
        """Rows and columns of the image."""
        return (
            slice(MAP_STRIDE * self.top, MAP_STRIDE * self.bottom),
            slice(MAP_STRIDE * self.left, MAP_STRIDE * self.right),
        )


@dataclass(frozen=True, kw_only=True)
class InferCAM(ScaledViews):
    """Maps of four overlapping corners of the image, each in several rounds, merged by their maximum.

    After each round the pixels that score high for a class of the image get the mean colour of their corner, and the
    classifier is asked again. Every round is divided by its maximum, and a map is the maximum over the rounds.

    Three departures from the authors' code. A corner's first round is divided by no less than `floor` times the maximum
    in the whole image, and a later one by no less than `floor` times what the first was divided by: otherwise noise
    becomes 1 in a corner without the class, and once all of an object is erased. Corners end at the image's edges,
    where theirs may wrap around. They start and end at whole cells of 4 pixels.

    It costs up to 1 + 4 `rounds` times the views.
    """

    rounds: int = 5
    """Looks at each corner, the first one included."""
    found: float = 0.7
    """The score from which a pixel is erased."""
    stop: float = 0.02
    """Look no further once a round finds less than this share of a corner's pixels."""
    buffers: tuple[int, ...] = (10, 20)
    """By how many pixels corners reach over the centres of mass, in images with one class, two classes, and so on;
    images with more classes are not split."""
    erase: Literal["joint", "class"] = "joint"
    """Erase what was found of any class, as in the authors' code, or for each class its own, in looks of its own."""
    floor: float = 0.5
    """In 0 .. 1. With 0, as in the authors' code, every round reaches 1; with 1, rounds compare. The number is ours."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rounds < 1:
            raise ValueError(f"rounds must be at least 1, got {self.rounds}")
        if any(buffer < 0 for buffer in self.buffers):
            raise ValueError(f"buffers must not be negative, in pixels; got {self.buffers}")
        for name, share in (("found", self.found), ("stop", self.stop), ("floor", self.floor)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must lie in 0 .. 1, got {share}")

    def __call__(
        self, method: CAMMethod, model: CutClassifier, *, images: Images, classes: Sequence[Sequence[int]]
    ) -> list[ScoreMaps]:
        """See `Views`."""

        def show(part: Images, own: Sequence[int]) -> Float[Tensor, "m y x"]:
            targets = Targets.of([own], device=images.device)
            return self.totals(method, model, images=part, targets=targets)

        size = Size(height=images.shape[-2], width=images.shape[-1])
        whole = self.totals(method, model, images=images, targets=Targets.of(classes, device=images.device))
        parts = torch.split(whole, [len(own) for own in classes])
        maps = [
            self._one_image(show, image, own=own, whole=part) if own else part
            for image, own, part in zip(images, classes, parts, strict=True)
        ]
        return split_by_image(torch.cat(maps), classes=classes, size=size, peaks=whole.amax(dim=(1, 2)))

    def _one_image(
        self, show: Show, image: Float[Tensor, "3 h w"], *, own: Sequence[int], whole: Float[Tensor, "m y x"]
    ) -> Float[Tensor, "m y x"]:
        """Return the maps of one image's classes, in [0, 1], from those of the `whole` image."""
        merged = torch.zeros_like(whole)
        highest = whole.amax(dim=(1, 2), keepdim=True)
        for crop in self._crops(whole, size=Size(height=image.shape[1], width=image.shape[2])):
            corner = image[:, *crop.pixels]
            first = whole if crop == everything(whole) else show(corner[None], own)
            maps = torch.cat(
                [
                    self._inferred(show, corner, own=[own[i] for i in group], first=first[group], above=highest[group])
                    for group in self._groups(len(own))
                ]
            )
            merged[:, *crop.cells] = merged[:, *crop.cells].maximum(maps)
        return merged

    def _crops(self, whole: Float[Tensor, "m y x"], *, size: Size) -> tuple[Crop, ...]:
        """Return the corners of an image, none twice."""
        if len(whole) > len(self.buffers):
            return (everything(whole),)
        return corners(centres_of_mass(whole, size=size), size=size, buffer=self.buffers[len(whole) - 1])

    def _groups(self, count: int) -> list[list[int]]:
        """Return which classes share an erased image."""
        return [list(range(count))] if self.erase == "joint" else [[i] for i in range(count)]

    def _inferred(
        self,
        show: Show,
        corner: Float[Tensor, "3 h w"],
        *,
        own: Sequence[int],
        first: Float[Tensor, "m y x"],
        above: Float[Tensor, "m 1 1"],
    ) -> Float[Tensor, "m y x"]:
        """Return the maximum over the rounds, from what the first found and the maxima `above` of the whole image."""
        above = self._divisor(first, above=above)
        maps = first / (above + EPSILON)
        before = 0.0
        for _ in range(1, self.rounds):
            found = pixels_above(self.found, maps, size=(corner.shape[1], corner.shape[2]))
            share = float(found.float().mean())
            if share - before < self.stop:
                break
            before = share
            totals = show(erased(corner, found)[None], own)
            maps = maps.maximum(totals / (self._divisor(totals, above=above) + EPSILON))
        return maps

    def _divisor(self, totals: Float[Tensor, "m y x"], *, above: Float[Tensor, "m 1 1"]) -> Float[Tensor, "m 1 1"]:
        return totals.amax(dim=(1, 2), keepdim=True).maximum(self.floor * above)


def everything(maps: Float[Tensor, "m y x"]) -> Crop:
    """Return the crop that is the image."""
    return Crop(top=0, bottom=maps.shape[1], left=0, right=maps.shape[2])


def centres_of_mass(maps: Float[Tensor, "m y x"], *, size: Size) -> Float[Tensor, "m 2"]:
    """Return each map's centre as a row and a column of the image, in pixels; an empty map has the image's own."""
    axes = [
        ((torch.arange(count, device=maps.device) + 0.5) * MAP_STRIDE).clamp(max=side)
        for count, side in zip(maps.shape[1:], (size.height, size.width), strict=True)
    ]
    mass = maps.sum(dim=(1, 2))
    centre = torch.tensor([size.height / 2, size.width / 2], dtype=maps.dtype, device=maps.device)
    moments = torch.stack([maps.sum(dim=2) @ axes[0], maps.sum(dim=1) @ axes[1]], dim=1)
    return torch.where(mass[:, None] > 0, moments / mass.clamp(min=torch.finfo(maps.dtype).tiny)[:, None], centre)


def corners(centres: Float[Tensor, "m 2"], *, size: Size, buffer: int) -> tuple[Crop, ...]:
    """Return the crops from the image's corners to `buffer` pixels beyond all centres, in whole cells; none twice."""
    spans = []
    for low, high, cells in zip(
        centres.amin(dim=0).tolist(), centres.amax(dim=0).tolist(), size.over(MAP_STRIDE), strict=True
    ):
        end = min(cells, math.ceil((high + buffer) / MAP_STRIDE))
        start = max(0, math.floor((low - buffer) / MAP_STRIDE))
        spans.append(((0, end), (start, cells)))
    crops = [Crop(top=rows[0], bottom=rows[1], left=columns[0], right=columns[1]) for rows, columns in product(*spans)]
    return tuple(dict.fromkeys(crops))


def pixels_above(
    score: float, maps: Float[Tensor, "m y x"], *, size: tuple[int, int]
) -> Bool[Tensor, "{size[0]} {size[1]}"]:
    """Return the pixels at which any of the maps, at stride 4, reaches a score."""
    full = resample(maps, stride=(float(MAP_STRIDE), float(MAP_STRIDE)), size=size)
    return full.amax(dim=0) >= score


def erased(image: Float[Tensor, "3 h w"], found: Bool[Tensor, "h w"]) -> Float[Tensor, "3 h w"]:
    """Return a copy of the image whose `found` pixels have its mean colour."""
    return torch.where(found, image.mean(dim=(1, 2), keepdim=True), image)
