"""Options of WeCLIP's training."""

from dataclasses import dataclass, field

from wsss.data.transforms import ClassifierTransform
from wsss.training.adamw import AdamWFit


@dataclass(frozen=True, kw_only=True)
class WeCLIPFit(AdamWFit):
    """How the decoder is fitted to labels that are made as it learns."""

    affinity_weight: float = 0.1
    """How much the loss of the cells' affinity counts beside that of the labels."""
    radius: int = 8
    """Rows and columns, in cells, within which two cells are compared."""
    refined_from: float = 0.5
    """Share of the steps after which the decoder's affinity has a say in the labels."""
    transform: ClassifierTransform = field(default_factory=ClassifierTransform)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.affinity_weight < float("inf"):
            raise ValueError(f"affinity_weight must not be negative, got {self.affinity_weight}")
        if self.radius < 1:
            raise ValueError(f"radius must be at least 1, got {self.radius}")
        if not 0 <= self.refined_from <= 1:
            raise ValueError(f"refined_from must lie in [0, 1], got {self.refined_from}")
