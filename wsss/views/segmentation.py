"""Views of a segmentation network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.configurable import Configurable
from wsss.types import Images
from wsss.views.base import check_scales, scaled


@dataclass(frozen=True, kw_only=True)
class SegmentationViews(Configurable):
    """Views of a segmentation network: logits are merged over scales and mirror images, then softmax.

    deeplab-pytorch shows scales 1, 0.5 and 0.75 without mirror images, bilinear, and takes the maximum. It does so on
    the network's own cells, before these are brought to pixels; here it is done on pixels.
    """

    scales: tuple[float, ...] = (1.0,)
    flip: bool = True
    merge: Literal["mean", "max"] = "mean"
    """Whether logits are averaged (SEAM) or the largest counts (DeepLabV2)."""
    resize: Literal["bicubic", "bilinear"] = "bicubic"
    """How images are brought to a scale: `bicubic` with anti-aliasing, `bilinear` without."""

    def __post_init__(self) -> None:
        check_scales(self.scales)

    def __call__(self, segment: Callable[[Images], Tensor], images: Images) -> Float[Tensor, "b labels h w"]:
        """Return the probabilities of all labels at the images' own size, from what `segment` makes of each view."""
        size, merged, views = images.shape[-2:], torch.zeros(()), 0
        for logits in self._answers(segment, images):
            own = functional.interpolate(logits.float(), size=size, mode="bilinear", align_corners=False)
            merged = own if views == 0 else torch.maximum(merged, own) if self.merge == "max" else merged + own
            views += 1
        return (merged / views if self.merge == "mean" else merged).softmax(dim=1)

    def _answers(self, segment: Callable[[Images], Tensor], images: Images) -> Iterator[Float[Tensor, "b labels y x"]]:
        for scale in self.scales:
            view = scaled(images, scale, resize=self.resize)
            yield segment(view)
            if self.flip:
                yield segment(view.flip(-1)).flip(-1)
