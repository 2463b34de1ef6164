"""CAM (Zhou et al., CVPR 2016): the class's own weights, applied at every position."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from wsss.cams.base import CAMMethod
from wsss.cams.suited import suited
from wsss.errors import ModelError
from wsss.protocols import CutClassifier, LinearHead
from wsss.types import Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class CAM(CAMMethod):
    """M_c = sum_k W_ck A_k (eq. 2). Its spatial mean is the logit: it exists only for a linear head on pooled maps."""

    differentiates: ClassVar[bool] = False

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        assert isinstance(model, LinearHead), "check() comes first"
        with torch.no_grad():
            maps = model.until(self.block, images).maps.float()
            # Autocast is the network's: here it would round the sum to half precision.
            with torch.autocast(images.device.type, enabled=False):
                every_class = torch.einsum("bdyx,cd->bcyx", maps, model.head_weight.float())
        return every_class[targets.image, targets.cls]

    def check(self, model: CutClassifier) -> None:
        """Refuse a block other than the last, and a head that is not linear."""
        super().check(model)
        if self.block != "last":
            raise ModelError(f"CAM reads the block that feeds the pooling: set cam.block=last, not {self.block}")
        if not isinstance(model, LinearHead):
            raise ModelError(
                "CAM needs a bias-free linear head on pooled maps: use a GAP classifier, or "
                f"{suited(model, otherwise='gradcam')}"
            )
