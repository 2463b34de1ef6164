"""LayerCAM (Jiang et al., TIP 2021): weight every position by its own positive gradient."""

from dataclasses import dataclass

from wsss.cams.base import CAMMethod, activations_and_gradients
from wsss.protocols import CutClassifier
from wsss.types import Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class LayerCAM(CAMMethod):
    """relu(dy_c/dA) * A summed over channels (eqs. 6 to 8). Meant for early blocks, where pooled weights blur."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        activations, gradients = activations_and_gradients(model, self.block, images=images, targets=targets)
        return (gradients.relu() * activations).sum(dim=1)
