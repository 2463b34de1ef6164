"""Options of ReCAM's training."""

import math
from dataclasses import dataclass

from wsss.training.options import MultiLabelFit


@dataclass(frozen=True, kw_only=True)
class ReCAMFit(MultiLabelFit):
    """How ReCAM trains a classifier on: `head_factor` is that of the second head, the first learns as the backbone."""

    epochs: int = 4
    learning_rate: float = 0.002
    head_factor: float = 50.0
    sce_weight: float = 1.0
    """How much the softmax between classes counts beside the margin: the paper's lambda."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.sce_weight < math.inf:
            raise ValueError(f"sce_weight must not be negative, got {self.sce_weight}")
