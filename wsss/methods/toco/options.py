"""Options of ToCo's training."""

import math
from dataclasses import dataclass

from wsss.training.adamw import AdamWFit
from wsss.training.options import MultiLabelFit


@dataclass(frozen=True, kw_only=True)
class ToCoFit(AdamWFit, MultiLabelFit):
    """How a transformer is fitted to image-level labels while its tokens are kept apart."""

    auxiliary: str = "block10"
    """The block whose patches a second head classifies: in later ones they become alike."""
    scales: tuple[float, ...] = (1.0, 0.5, 1.5)
    """At which sizes, mirrored too, its maps are read; they are added up."""
    low: float = 0.25
    """Up to where a map, which has a maximum of 1, is background."""
    high: float = 0.7
    """From where on it is an object; between the two nothing is known."""
    patches: float = 0.2
    """How much the contrast of patches counts."""
    crops: float = 0.5
    """How much the contrast of class tokens of crops counts."""
    crop_count: int = 8
    """Crops an image."""
    crop_side: int = 96
    """Pixels of a crop's side."""
    view_side: int = 224
    """Pixels of the side of the two views that crops are compared with."""
    temperature: float = 0.5
    """By which the products of class tokens are divided."""
    slowness: float = 0.9
    """Share of its own weights that the slower projection keeps in each step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.scales or not all(0 < scale < math.inf for scale in self.scales):
            raise ValueError(f"scales must be positive, one or more, got {list(self.scales)}")
        if not 0 <= self.low < self.high <= 1:
            raise ValueError(f"low and high must rise within [0, 1], got {self.low} and {self.high}")
        for name, weight in {"patches": self.patches, "crops": self.crops}.items():
            if not 0 <= weight < math.inf:
                raise ValueError(f"{name} must not be negative, got {weight}")
        for name, number in {
            "crop_count": self.crop_count,
            "crop_side": self.crop_side,
            "view_side": self.view_side,
        }.items():
            if number < 1:
                raise ValueError(f"{name} must be at least 1, got {number}")
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"temperature must be positive, got {self.temperature}")
        if not 0 <= self.slowness <= 1:
            raise ValueError(f"slowness must lie in [0, 1], got {self.slowness}")
