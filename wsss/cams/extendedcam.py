"""Extended-CAM (Kim et al., CVIU 2023): maps on the scale of the prediction. Its Gaussian is `wsss.views.Gaussian`."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import CAMMethod, gradients_of, single
from wsss.cams.xgradcam import CANCELLED
from wsss.protocols import CutClassifier
from wsss.types import Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class ExtendedCAM(CAMMethod):
    """sum_k G_k * A_k, G the gradient of the logit, multiplied so that the map's sum is the logit.

    Reconstructed from the abstract, which asks that a map be neither more nor less than the score and that it be
    upsampled by Gaussians: the paper's own equation and its sigma are not known to us. `views=gaussian` upsamples so.
    A map whose values cancel keeps its scale. For a GAP network's last block the factor is 1.
    """

    gradients: Literal["each", "mean"] = "each"
    """`each` position by its own gradient, as in HiResCAM, or by the channel's `mean` one, as in Grad-CAM."""
    conservative: bool = True
    """Rescale. It turns the map's sign where its sum and the logit differ in sign."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        with torch.no_grad():
            cut = single(model.until(self.block, images))
            # The quotient of two sums has no use for what half precision makes of either.
            with torch.autocast(images.device.type, enabled=False):
                gradients = gradients_of(model, self.block, cut=cut, targets=targets)
                logits = model.after(self.block, cut)[targets.image, targets.cls]
        if self.gradients == "mean":
            gradients = gradients.mean(dim=(2, 3), keepdim=True)
        raw = (gradients * cut.maps[targets.image]).sum(dim=1)
        return conserved(raw, logits) if self.conservative else raw


def conserved(raw: RawMaps, totals: Float[Tensor, " n"]) -> RawMaps:
    """Multiply maps so that their sums are `totals`, but for those whose values cancel."""
    sums = raw.sum(dim=(1, 2))
    has_sum = sums.abs() > CANCELLED * raw.abs().sum(dim=(1, 2))
    factors = torch.where(has_sum, totals / torch.where(has_sum, sums, 1.0), 1.0)
    return raw * factors[:, None, None]
