"""Grad-CAM++ (Chattopadhay et al., WACV 2018): weight a channel by its positive gradients, damped by its activation."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import WeightedCAM, activations_and_gradients
from wsss.protocols import CutClassifier
from wsss.types import Images, Targets


@dataclass(frozen=True, kw_only=True)
class GradCAMPlusPlus(WeightedCAM):
    """sum_k w_k A_k with w_k = sum_ij alpha_ij relu(G_ij) (eq. 19), G the gradient of the logit.

    alpha = G^2 / (2 G^2 + S G^3), S = sum_ab A_ab, counts only where G > 0, and there alpha G = G / (2 + S G): no small
    number is needed against a division by zero. The paper's maps come out of a ReLU. Where they do not and S is
    negative, the denominator could vanish, so S is then taken as 0.
    """

    def channel_weights(
        self, model: CutClassifier, images: Images, targets: Targets
    ) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "n d"]]:
        """See `WeightedCAM`."""
        activations, gradients = activations_and_gradients(model, self.block, images=images, targets=targets)
        positive = gradients.relu()
        total = activations.sum(dim=(2, 3), keepdim=True).clamp(min=0)
        return activations, (positive / (2 + total * positive)).sum(dim=(2, 3))
