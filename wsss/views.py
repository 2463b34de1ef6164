"""Views: how one image is shown to a classifier several times, and how what it answers is merged.

The only place with scales, flips, upsampling and normalisation. The order is IRN's (Ahn et al., CVPR 2019, `make_cam`):
ReLU, unflip, upsample, sum over scales, then divide by the maximum of each class. The minimum is never subtracted.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.cams.base import CAMMethod
from wsss.labels import label_of
from wsss.resample import along_both_axes, gaussian_weights, resample
from wsss.types import MAP_STRIDE, CutClassifier, Images, RawMaps, ScoreMaps, Size, Targets

Segments = Callable[[Images], Tensor]
"""A segmentation network: images `[b 3 h w]` in, logits `[b labels h w]` out."""

EPSILON = 1e-5
"""Added to a map's maximum before dividing, as in IRN: an empty map stays empty and no score reaches 1."""


class Upsampler(ABC):
    """Bring signed raw maps to a finer grid; what comes out is non-negative."""

    @abstractmethod
    def __call__(
        self, raw: RawMaps, *, stride: tuple[float, float], size: tuple[int, int]
    ) -> Float[Tensor, "n {size[0]} {size[1]}"]:
        """Return maps of `size`; one raw cell covers `stride` (vertical, horizontal) of the result's cells."""


@dataclass(frozen=True, kw_only=True)
class Bilinear(Upsampler):
    """ReLU, then linear interpolation along both axes."""

    def __call__(
        self, raw: RawMaps, *, stride: tuple[float, float], size: tuple[int, int]
    ) -> Float[Tensor, "n {size[0]} {size[1]}"]:
        """Return interpolated maps; cells keep their extents, so nothing shifts at any scale."""
        return resample(raw.relu(), stride=stride, size=size)


@dataclass(frozen=True, kw_only=True)
class Gaussian(Upsampler):
    """Turn every cell into a Gaussian around its centre, add them up, then ReLU (Extended-CAM, Kim et al., CVIU 2023).

    What a unit answers to in the image has about this form. Reconstructed from the abstract, which gives no sigma.
    """

    sigma: float = 1.0
    """Standard deviation in cells of the raw map, so that one number fits every scale. Below 0.5 maps become dots."""
    keep: Literal["sum", "level"] = "sum"
    """`sum`: a cell's Gaussian adds up to its value, as the paper asks: a map that sums to the score still does.
    `level`: a constant map keeps its value. With `sum`, scales of more cells weigh more in methods such as CAM, whose
    mean is the score."""

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"sigma must be positive, in cells of the raw map; got {self.sigma}")

    def __call__(
        self, raw: RawMaps, *, stride: tuple[float, float], size: tuple[int, int]
    ) -> Float[Tensor, "n {size[0]} {size[1]}"]:
        """Return spread maps. A cell whose centre lies beyond the map gives what it holds to the border."""
        rows, columns = (
            gaussian_weights(cells, pixels, stride=step, sigma=self.sigma * step, device=raw.device)
            for cells, pixels, step in zip(raw.shape[-2:], size, stride, strict=True)
        )
        maps = along_both_axes(raw, rows=rows, columns=columns).relu()
        return maps * (stride[0] * stride[1]) if self.keep == "level" else maps


class Views(ABC):
    """Ask a method for maps of changed copies of the images, and merge them into one set of scores an image."""

    @abstractmethod
    def __call__(
        self, method: CAMMethod, model: CutClassifier, *, images: Images, classes: Sequence[Sequence[int]]
    ) -> list[ScoreMaps]:
        """Return each image's normalised maps at stride 4, for its own `classes` (increasing), without background."""


@dataclass(frozen=True, kw_only=True)
class ScaledViews(Views):
    """Views that show an image at several scales, each with its mirror image.

    Departs from IRN in one point: every view is padded to whole cells at its right and bottom with the mean colour,
    *then* mirrored, and maps are upsampled by their cells' extents and cropped. IRN stretches maps over the image
    instead, which shifts them by up to a cell wherever a side is no multiple of the stride.
    """

    scales: tuple[float, ...] = (1.0, 0.5, 1.5, 2.0)
    flip: bool = True
    upsampler: Upsampler = field(default_factory=Bilinear)

    def __post_init__(self) -> None:
        check_scales(self.scales)

    def totals(
        self, method: CAMMethod, model: CutClassifier, *, images: Images, targets: Targets
    ) -> Float[Tensor, "n y x"]:
        """Return the maps at stride 4, added up over scales and mirror images and not yet divided by anything."""
        size = Size(height=images.shape[-2], width=images.shape[-1])
        maps = torch.zeros(len(targets), *size.over(MAP_STRIDE), device=images.device)
        if len(targets):
            for scale in self.scales:
                maps += self._one_scale(method, model, images=images, targets=targets, scale=scale)
        return maps

    def _one_scale(
        self, method: CAMMethod, model: CutClassifier, *, images: Images, targets: Targets, scale: float
    ) -> Float[Tensor, "n y x"]:
        """Return the maps of one scale at stride 4, not normalised; image and mirror image are added."""
        height, width = images.shape[-2:]
        view = pad_to_multiple(scaled(images, scale), multiple=model.stride)
        # Both directions are non-negative after the upsampler, so they are added there and not before.
        raw = method(model, view, targets)
        directions = [raw]
        if self.flip:
            directions.append(method(model, view.flip(-1), targets).flip(-1))
        # How many stride-4 cells of the unscaled image one raw cell covers.
        down = round(height * scale) or 1, round(width * scale) or 1
        stride = (
            view.shape[-2] / raw.shape[-2] * height / down[0] / MAP_STRIDE,
            view.shape[-1] / raw.shape[-1] * width / down[1] / MAP_STRIDE,
        )
        grid = Size(height=height, width=width).over(MAP_STRIDE)
        return torch.stack([self.upsampler(each, stride=stride, size=grid) for each in directions]).sum(dim=0)


@dataclass(frozen=True, kw_only=True)
class MultiScaleFlip(ScaledViews):
    """Several scales, each with its mirror image, divided by the maximum of their sum (IRN's extraction)."""

    def __call__(
        self, method: CAMMethod, model: CutClassifier, *, images: Images, classes: Sequence[Sequence[int]]
    ) -> list[ScoreMaps]:
        """See `Views`."""
        size = Size(height=images.shape[-2], width=images.shape[-1])
        maps = self.totals(method, model, images=images, targets=Targets.of(classes, device=images.device))
        return split_by_image(over_peak(maps), classes=classes, size=size)


@dataclass(frozen=True, kw_only=True)
class SegmentationViews:
    """Views of a segmentation network: logits are averaged over scales and mirror images, then softmax (SEAM)."""

    scales: tuple[float, ...] = (1.0,)
    flip: bool = True

    def __post_init__(self) -> None:
        check_scales(self.scales)

    def __call__(self, network: Segments, images: Images) -> Float[Tensor, "b labels h w"]:
        """Return the probabilities of all labels at the images' own size."""
        size = images.shape[-2:]
        total = torch.zeros((), device=images.device)
        for scale in self.scales:
            view = scaled(images, scale)
            for logits in (network(view), network(view.flip(-1)).flip(-1)) if self.flip else (network(view),):
                total = total + functional.interpolate(logits.float(), size=size, mode="bilinear", align_corners=False)
        views = len(self.scales) * (2 if self.flip else 1)
        return (total / views).softmax(dim=1)


def check_scales(scales: Sequence[float]) -> None:
    """Refuse with a `ValueError` what is no list of scales."""
    if not scales or min(scales) <= 0:
        raise ValueError(f"scales must be positive numbers, at least one; got {scales}")


def scaled(images: Images, scale: float) -> Float[Tensor, "b 3 view_h view_w"]:
    """Resize normalised images by a factor, bicubic with anti-aliasing; sides are rounded and at least one pixel."""
    if scale == 1:
        return images
    size = [max(1, round(side * scale)) for side in images.shape[-2:]]
    return functional.interpolate(images, size=size, mode="bicubic", align_corners=False, antialias=True)


def pad_to_multiple(images: Images, *, multiple: int) -> Float[Tensor, "b 3 padded_h padded_w"]:
    """Pad normalised images at the right and bottom with zeros, their mean colour, to whole multiples."""
    height, width = images.shape[-2:]
    return functional.pad(images, (0, -width % multiple, 0, -height % multiple))


def over_peak(maps: Float[Tensor, "*n y x"]) -> Float[Tensor, "*n y x"]:
    """Divide each map by its maximum plus `EPSILON`, as IRN does: one that is nearly empty stays so."""
    return maps / (maps.amax(dim=(-2, -1), keepdim=True) + EPSILON)


def split_by_image(maps: Float[Tensor, "n y x"], *, classes: Sequence[Sequence[int]], size: Size) -> list[ScoreMaps]:
    """Cut maps in the order of `Targets.of(classes)` into one `ScoreMaps` an image."""
    parts = torch.split(maps, [len(own) for own in classes])
    return [
        ScoreMaps(
            labels=torch.tensor([label_of(c) for c in own], dtype=torch.int64, device=maps.device),
            scores=part,
            size=size,
        )
        for own, part in zip(classes, parts, strict=True)
    ]
