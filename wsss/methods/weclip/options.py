"""Options of WeCLIP's training, and of WeCLIP+'s."""

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
    answer_in_maps: bool = False
    """Whether, from then on, a class's map is multiplied by the share that the decoder gives the class in each cell."""
    dice_weight: float = 0.0
    """How much the Dice loss of the labels counts."""
    exchange_weight: float = 0.0
    """How much the loss counts by which each backbone's answer learns from the others'."""
    own_labels_from: float = 1.0
    """Share of the steps after which pixels have the decoder's own label where it is sure; at 1, never."""
    own_labels_above: float = 0.75
    """Share in the decoder's softmax above which it is sure."""
    transform: ClassifierTransform = field(default_factory=ClassifierTransform)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("affinity_weight", "dice_weight", "exchange_weight"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        if self.radius < 1:
            raise ValueError(f"radius must be at least 1, got {self.radius}")
        for name in ("refined_from", "own_labels_from", "own_labels_above"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in [0, 1], got {getattr(self, name)}")
