"""Views: how one image is shown to a classifier several times, and how what it answers is merged.

The only place with scales, flips, upsampling and normalisation. The order is IRN's (Ahn et al., CVPR 2019, `make_cam`):
ReLU, unflip, upsample, sum over scales, then divide by the maximum of each class. The minimum is never subtracted.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.cams.base import CAMMethod
from wsss.configurable import Configurable
from wsss.labels import label_of
from wsss.protocols import CutClassifier
from wsss.types import Images, RawMaps, ScoreMaps, Size

EPSILON = 1e-5
"""Added to a map's maximum before dividing, as in IRN: an empty map stays empty and no score reaches 1."""


class Upsampler(Configurable, ABC):
    """Bring signed raw maps to a finer grid; what comes out is non-negative."""

    @abstractmethod
    def __call__(
        self, raw: RawMaps, *, stride: tuple[float, float], size: tuple[int, int]
    ) -> Float[Tensor, "n {size[0]} {size[1]}"]:
        """Return maps of `size`; one raw cell covers `stride` (vertical, horizontal) of the result's cells."""


class Views(Configurable, ABC):
    """Ask a method for maps of changed copies of the images, and merge them into one set of scores an image."""

    @abstractmethod
    def __call__(
        self, method: CAMMethod, model: CutClassifier, *, images: Images, classes: Sequence[Sequence[int]]
    ) -> list[ScoreMaps]:
        """Return each image's normalised maps at stride 4, for its own `classes` (increasing), without background."""


def check_scales(scales: Sequence[float]) -> None:
    """Refuse with a `ValueError` what is not a list of scales."""
    if not scales or min(scales) <= 0:
        raise ValueError(f"scales must be positive numbers, at least one; got {scales}")


def scaled(
    images: Images, scale: float, *, resize: Literal["bicubic", "bilinear"] = "bicubic"
) -> Float[Tensor, "b 3 view_h view_w"]:
    """Resize normalised images by a factor; sides are rounded and at least one pixel.

    `bicubic` is with anti-aliasing, `bilinear` without.

    >>> scaled(torch.ones(1, 3, 30, 33), 0.5).shape
    torch.Size([1, 3, 15, 16])
    """
    if scale == 1:
        return images
    size = [max(1, round(side * scale)) for side in images.shape[-2:]]
    return functional.interpolate(images, size=size, mode=resize, align_corners=False, antialias=resize == "bicubic")


def pad_to_multiple(images: Images, *, multiple: int) -> Float[Tensor, "b 3 padded_h padded_w"]:
    """Pad normalised images at the right and bottom with zeros, their mean colour, to whole multiples.

    >>> pad_to_multiple(torch.ones(1, 3, 30, 33), multiple=16).shape
    torch.Size([1, 3, 32, 48])
    """
    height, width = images.shape[-2:]
    return functional.pad(images, (0, -width % multiple, 0, -height % multiple))


def over_peak(maps: Float[Tensor, "*n y x"]) -> Float[Tensor, "*n y x"]:
    """Divide each map by its maximum plus `EPSILON`, as IRN does: one that is nearly empty stays so.

    >>> over_peak(torch.tensor([[[1.0, 2.0, 4.0]], [[0.0, 0.0, 0.0]]]))
    tensor([[[0.2500, 0.5000, 1.0000]],
    <BLANKLINE>
            [[0.0000, 0.0000, 0.0000]]])
    """
    return maps / (maps.amax(dim=(-2, -1), keepdim=True) + EPSILON)


def split_by_image(
    maps: Float[Tensor, "n y x"],
    *,
    classes: Sequence[Sequence[int]],
    size: Size,
    peaks: Float[Tensor, " n"] | None = None,
) -> list[ScoreMaps]:
    """Cut maps in the order of `Targets.of(classes)`, and their peaks, into one `ScoreMaps` an image.

    >>> maps = torch.zeros(3, 1, 2)
    >>> images = split_by_image(maps, classes=[[0, 2], [1]], size=Size(height=4, width=8))
    >>> [image.labels.tolist() for image in images]
    [[1, 3], [2]]
    """
    counts = [len(own) for own in classes]
    parts = torch.split(maps, counts)
    heights = [None] * len(parts) if peaks is None else torch.split(peaks, counts)
    return [
        ScoreMaps(
            labels=torch.tensor([label_of(c) for c in own], dtype=torch.int64, device=maps.device),
            scores=part,
            size=size,
            peaks=height,
        )
        for own, part, height in zip(classes, parts, heights, strict=True)
    ]
