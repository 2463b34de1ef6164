"""Views of a segmentation network."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.configurable import Configurable
from wsss.types import Images
from wsss.views.base import check_scales, scaled

Segments = Callable[[Images], Tensor]
"""A segmentation network: images `[b 3 h w]` in, logits `[b labels h w]` out."""


@dataclass(frozen=True, kw_only=True)
class SegmentationViews(Configurable):
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
