"""Counterfactuals: what a class scores when its object, or everything but the object, is erased.

A score that stays when the object is gone rests on the context. Terms after Salient ImageNet (Singla and Feizi, ICLR
2022) and RIVAL10 (Moayeri et al., CVPR 2022), which add noise where this erases.
"""

from dataclasses import dataclass
from typing import Final, Literal, assert_never

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from wsss.metrics.road import impute

Filling = Literal["blur", "road", "mean"]
"""What erased pixels become: the image blurred, what their neighbours let expect, or the mean colour."""

SIGMA: Final = 0.1
"""Standard deviation of the blur, as a share of the longer side."""
DILATION: Final = 0.05
"""By which objects are enlarged before they are erased, as a share of the longer side."""


@dataclass(frozen=True, kw_only=True)
class Counterfactual:
    """Probabilities of a class on an image, without its object, and without the object's context."""

    whole: float
    without_object: float
    without_context: float

    @property
    def object_sufficiency(self) -> float:
        """The share of the probability that the object alone keeps, in [0, 1]."""
        return _share(self.without_context, self.whole)

    @property
    def context_sufficiency(self) -> float:
        """The share that the context alone keeps, in [0, 1]: what is left when the object is gone is bias."""
        return _share(self.without_object, self.whole)

    @property
    def sensitivity(self) -> float:
        """Relative foreground sensitivity in [-1, 1]: 1 where only the object matters, -1 where only the context does.

        (p_context_erased - p_object_erased) / (2 min(m, 1 - m)), m the mean of both; RIVAL10 has accuracies under noise
        in place of probabilities. 0 where neither matters.
        """
        mean = (self.without_context + self.without_object) / 2
        room = 2 * min(mean, 1 - mean)
        return (self.without_context - self.without_object) / room if room > 0 else 0.0


def dilated(mask: Bool[Tensor, "h w"], *, share: float = DILATION) -> Bool[Tensor, "h w"]:
    """Enlarge a mask to all sides by a share of the longer side."""
    reach = round(share * max(mask.shape))
    pooled = functional.max_pool2d(mask[None, None].float(), 2 * reach + 1, stride=1, padding=reach)
    return pooled[0, 0] > 0


def erased(
    image: Float[Tensor, "3 h w"], missing: Bool[Tensor, "n h w"], *, filling: Filling
) -> Float[Tensor, "n 3 h w"]:
    """Return the normalised image n times, the missing pixels of each replaced."""
    match filling:
        case "blur":
            return torch.where(missing[:, None], blur(image), image)
        case "road":
            return impute(image, missing)
        case "mean":
            return torch.where(missing[:, None], 0.0, image)
        case _:
            assert_never(filling)


def blur(image: Float[Tensor, "3 h w"], *, sigma: float = SIGMA) -> Float[Tensor, "3 h w"]:
    """Blur by a Gaussian whose deviation is a share of the longer side; the border's pixels go on beyond it."""
    pixels = sigma * max(image.shape[-2:])
    reach = round(3 * pixels)
    offsets = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    bell = (-((offsets / pixels) ** 2) / 2).softmax(dim=0)
    for kernel, padding in ((bell[:, None], (0, 0, reach, reach)), (bell[None], (reach, reach, 0, 0))):
        padded = functional.pad(image[:, None], padding, mode="replicate")
        image = functional.conv2d(padded, kernel[None, None])[:, 0]
    return image


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else 0.0
