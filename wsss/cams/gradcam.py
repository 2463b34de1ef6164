"""Grad-CAM (Selvaraju et al., ICCV 2017): weight every channel by its mean gradient."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import WeightedCAM, activations_and_gradients
from wsss.protocols import CutClassifier
from wsss.types import Images, Targets


@dataclass(frozen=True, kw_only=True)
class GradCAM(WeightedCAM):
    """sum_k mean_ij(dy_c/dA_k) A_k (eqs. 1 and 2, no ReLU). For a GAP network it is CAM divided by its cells."""

    def channel_weights(
        self, model: CutClassifier, images: Images, targets: Targets
    ) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "n d"]]:
        """See `WeightedCAM`."""
        activations, gradients = activations_and_gradients(model, self.block, images=images, targets=targets)
        return activations, gradients.mean(dim=(2, 3))
