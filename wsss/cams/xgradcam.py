"""XGrad-CAM (Fu et al., BMVC 2020): weight a channel by its gradient, averaged over where the channel is active."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import WeightedCAM, activations_and_gradients
from wsss.protocols import CutClassifier
from wsss.types import Images, Targets

CANCELLED: Final = 1e-4
"""A channel whose sum is a smaller share than this of the sum of its magnitudes is taken to have none."""


@dataclass(frozen=True, kw_only=True)
class XGradCAM(WeightedCAM):
    """sum_k w_k A_k with w_k = sum_ij G_ij A_ij / sum_ij A_ij, so that the map's sum is <G, A>.

    A channel whose activations are zero or cancel has no such average, and gets no weight.
    """

    def channel_weights(
        self, model: CutClassifier, images: Images, targets: Targets
    ) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "n d"]]:
        """See `WeightedCAM`."""
        activations, gradients = activations_and_gradients(model, self.block, images=images, targets=targets)
        total = activations.sum(dim=(2, 3))
        has_sum = total.abs() > CANCELLED * activations.abs().sum(dim=(2, 3))
        weights = (gradients * activations).sum(dim=(2, 3)) / torch.where(has_sum, total, 1.0)
        return activations, torch.where(has_sum, weights, 0.0)
