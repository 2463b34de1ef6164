"""HiResCAM (Draelos and Carin, 2020): weight every position of every channel by its own gradient."""

from dataclasses import dataclass

from wsss.cams.base import CAMMethod, activations_and_gradients
from wsss.protocols import CutClassifier
from wsss.types import Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class HiResCAM(CAMMethod):
    """sum_k dy_c/dA_k * A_k, position by position.

    The map's sum is the logit where what follows the block is linear between its kinks and has no bias.
    """

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        activations, gradients = activations_and_gradients(model, self.block, images=images, targets=targets)
        return (gradients * activations).sum(dim=1)
