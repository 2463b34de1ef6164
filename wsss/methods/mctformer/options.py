"""Options of MCTformer+'s training."""

import math
from dataclasses import dataclass

from wsss.training.adamw import AdamWFit
from wsss.training.options import MultiLabelFit


@dataclass(frozen=True, kw_only=True)
class MCTformerFit(AdamWFit, MultiLabelFit):
    """How the network is fitted to image-level labels."""

    contrast: float = 1.0
    """How much the loss counts that keeps the class tokens of an image apart."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.contrast < math.inf:
            raise ValueError(f"contrast must not be negative, got {self.contrast}")
