"""Grad-CAM (Selvaraju et al., ICCV 2017): weight every channel by its mean gradient."""

from dataclasses import dataclass

from wsss.cams.base import CAMMethod, activations_and_gradients, weighted_sum
from wsss.types import CutClassifier, Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class GradCAM(CAMMethod):
    """sum_k mean_ij(dy_c/dA_k) A_k (eqs. 1 and 2, no ReLU). For a GAP network it is CAM divided by its cells."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        activations, gradients = activations_and_gradients(model, self.block, images=images, targets=targets)
        return weighted_sum(activations, gradients.mean(dim=(2, 3)))
