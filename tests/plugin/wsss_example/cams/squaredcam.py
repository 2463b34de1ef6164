"""Activations weighted by the squares of their gradients."""

from dataclasses import dataclass

from wsss.cams.base import CAMMethod, activations_and_gradients
from wsss.protocols import CutClassifier
from wsss.types import Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class SquaredCAM(CAMMethod):
    """(dy_c/dA)^2 * A summed over channels."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        activations, gradients = activations_and_gradients(model, self.block, images=images, targets=targets)
        return (gradients.square() * activations).sum(dim=1)
