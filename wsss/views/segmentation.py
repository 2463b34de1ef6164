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


@dataclass(frozen=True, kw_only=True)
class SegmentationViews(Configurable):
    """Views of a segmentation network: logits are averaged over scales and mirror images, then softmax (SEAM)."""

    scales: tuple[float, ...] = (1.0,)
    flip: bool = True

    def __post_init__(self) -> None:
        check_scales(self.scales)

    def __call__(self, segment: Callable[[Images], Tensor], images: Images) -> Float[Tensor, "b labels h w"]:
        """Return the probabilities of all labels at the images' own size, from what `segment` makes of each view."""
        size = images.shape[-2:]
        total = torch.zeros((), device=images.device)
        for scale in self.scales:
            view = scaled(images, scale)
            for logits in (segment(view), segment(view.flip(-1)).flip(-1)) if self.flip else (segment(view),):
                total = total + functional.interpolate(logits.float(), size=size, mode="bilinear", align_corners=False)
        views = len(self.scales) * (2 if self.flip else 1)
        return (total / views).softmax(dim=1)
