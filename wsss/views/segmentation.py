"""Views of a segmentation network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from wsss.configurable import Configurable
from wsss.masks import strongest_label
from wsss.types import Images
from wsss.views.base import check_scales, scaled
from wsss.views.by_rows import ByRows, Join, written


@dataclass(frozen=True, kw_only=True)
class SegmentationViews(Configurable):
    """Views of a segmentation network: logits are merged over scales and mirror images, then softmax.

    deeplab-pytorch shows scales 1, 0.5 and 0.75 without mirror images, bilinear, and takes the maximum. It does so on
    the network's own cells, before these are brought to pixels; here it is done on pixels.
    """

    version: ClassVar[int] = 2

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
        return written(self._held(segment, images), self._join, finish=self._probabilities)

    def strongest(self, segment: Callable[[Images], Tensor], images: Images) -> UInt8[Tensor, "b h w"]:
        """Return the label of the largest merged logit, as `strongest_label` does, without any probabilities.

        Where rounding makes the largest probabilities equal, and logits still differ, this takes the larger logit.
        """
        return written(self._held(segment, images), self._join, finish=strongest_label)

    def _probabilities(self, logits: Float[Tensor, "b labels r w"]) -> Float[Tensor, "b labels r w"]:
        count = len(self.scales) * (2 if self.flip else 1)
        return (logits / count if self.merge == "mean" else logits).softmax(dim=1)

    @property
    def _join(self) -> Join:
        return torch.maximum if self.merge == "max" else torch.add

    def _held(self, segment: Callable[[Images], Tensor], images: Images) -> list[ByRows]:
        """Return the answers for all views; of more than two, the earlier ones are merged into one."""
        held = list[ByRows]()
        for answer in self._answers(segment, images):
            if len(held) == 2:
                held = [ByRows(logits=written(held, self._join), height=images.shape[-2])]
            held.append(answer)
        return held

    def _answers(self, segment: Callable[[Images], Tensor], images: Images) -> Iterator[ByRows]:
        size = (images.shape[-2], images.shape[-1])
        for scale in self.scales:
            view = scaled(images, scale, resize=self.resize)
            yield ByRows.of(segment(view), size=size, mirrored=False)
            if self.flip:
                yield ByRows.of(segment(view.flip(-1)), size=size, mirrored=True)
