"""Several scales of an image, each with its mirror image, merged into one set of score maps."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import CAMMethod
from wsss.protocols import CutClassifier
from wsss.types import MAP_STRIDE, Images, ScoreMaps, Size, Targets
from wsss.views.base import Upsampler, Views, check_scales, over_peak, pad_to_multiple, scaled, split_by_image
from wsss.views.upsample import Bilinear


@dataclass(frozen=True, kw_only=True)
class ScaledViews(Views):
    """Views that show an image at several scales, each with its mirror image.

    Departs from IRN in one point: every view is padded to whole cells at its right and bottom with the mean colour,
    *then* mirrored, and maps are upsampled by their cells' extents and cropped. IRN stretches maps over the image
    instead, which shifts them by up to a cell wherever a side is not a multiple of the stride.
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
    """Several scales, each with its mirror image, divided by the maximum of their sum (IRN's extraction).

    >>> from torch import nn
    >>> from wsss.cams import GradCAM
    >>> from wsss.models import Hooked
    >>> network = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    >>> model = Hooked(network.eval(), {"last": network[0]})
    >>> (maps,) = MultiScaleFlip(scales=(1.0, 0.5))(GradCAM(), model, images=torch.rand(1, 3, 16, 24), classes=[[0, 1]])
    >>> maps.labels.tolist(), maps.scores.shape
    ([1, 2], torch.Size([2, 4, 6]))
    """

    def __call__(
        self, method: CAMMethod, model: CutClassifier, *, images: Images, classes: Sequence[Sequence[int]]
    ) -> list[ScoreMaps]:
        """See `Views`."""
        size = Size(height=images.shape[-2], width=images.shape[-1])
        maps = self.totals(method, model, images=images, targets=Targets.of(classes, device=images.device))
        return split_by_image(over_peak(maps), classes=classes, size=size, peaks=maps.amax(dim=(1, 2)))
