"""PAR, pixel-adaptive refinement (Ru et al., CVPR 2022, AFA): colour and distance decide which neighbour counts."""

from dataclasses import dataclass
from math import hypot
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.refine.local import OFFSETS, LocalRefiner, neighbours

TINY: Final = 1e-8


@final
@dataclass(frozen=True, kw_only=True)
class PAR(LocalRefiner):
    """Weights are softmax(-(colour / (width * deviation))^2) + position_weight * softmax(-(distance / ...)^2).

    Differences of colour are in units of the neighbours' standard deviation, each channel's own, and the mean of three
    channels is taken (section 3.3); distances are in units of the standard deviation of all neighbours' distances.
    Defaults are those of the authors' code. Three departures: weights are divided by their sum, 1 + position_weight, so
    that scores stay in [0, 1], which changes no label; the resolution is that of the maps, where theirs is half of the
    image's; and scores are taken as they are, where theirs are put through a softmax first.
    """

    width: float = 0.3
    """The unit of differences, in local standard deviations (w1)."""
    position_weight: float = 0.01
    """How much near neighbours are preferred (w2)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width <= 0 or self.position_weight < 0:
            raise ValueError("width must be positive, and position_weight not negative")

    def affinity(self, image: Float[Tensor, "3 y x"]) -> Float[Tensor, "k y x"]:
        """See `LocalRefiner`."""
        exponent = torch.stack([self._distances(channel[None]) for channel in image]).mean(dim=0)
        lengths = [dilation * hypot(*offset) for dilation in self.dilations for offset in OFFSETS]
        near = torch.tensor(lengths, device=image.device)
        position = (-((near / (self.width * (near.std() + TINY))) ** 2)).softmax(dim=0)
        both = (-exponent).softmax(dim=0) + self.position_weight * position[:, None, None]
        return both / (1 + self.position_weight)

    def _distances(self, channel: Float[Tensor, "1 y x"]) -> Float[Tensor, "k y x"]:
        around = torch.cat([*neighbours(channel, self.dilations)])
        return ((around - channel) / (self.width * (around.std(dim=0) + TINY))) ** 2
