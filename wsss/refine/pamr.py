"""PAMR, pixel-adaptive mask refinement (Araslanov and Roth, CVPR 2020): one of the steps of single-stage training."""

from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.refine.local import LocalRefiner, neighbours

TINY: Final = 1e-8


@final
@dataclass(frozen=True, kw_only=True)
class PAMR(LocalRefiner):
    """A neighbour counts `exp(-|difference| / (width * deviation))`, averaged over channels in the exponent (eq. 7).

    The deviation is that of the neighbours and, once for each dilation, of the cell itself, as in the authors' code.
    Defaults are theirs, and so is the resolution, that of the maps; they shrink the image by interpolation, here each
    cell has its mean colour.
    """

    width: float = 0.1
    """The unit of differences, in local standard deviations."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width <= 0:
            raise ValueError(f"width must be positive, got {self.width}")

    def affinity(self, image: Float[Tensor, "3 y x"]) -> Float[Tensor, "k y x"]:
        """See `LocalRefiner`."""
        exponent = torch.stack([self._distances(channel[None]) for channel in image]).mean(dim=0)
        return (-exponent).softmax(dim=0)

    def _distances(self, channel: Float[Tensor, "1 y x"]) -> Float[Tensor, "k y x"]:
        around = torch.cat([*neighbours(channel, self.dilations)])
        deviation = torch.cat([around, channel.expand(len(self.dilations), -1, -1)]).std(dim=0)
        return (around - channel).abs() / (self.width * deviation + TINY)
