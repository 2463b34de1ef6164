"""Options of the trainings of AffinityNet and IRNet's edges."""

from dataclasses import dataclass, field

from wsss.data.transforms import SegmenterTransform
from wsss.training.options import FitOptions


@dataclass(frozen=True, kw_only=True)
class AffinityFit(FitOptions):
    """How AffinityNet or IRNet's edges are fitted to confident labels."""

    radius: int = 5
    """Cells are compared with those that are nearer than this: 5 for PSA, 10 for IRN."""
    transform: SegmenterTransform = field(default_factory=SegmenterTransform)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.radius < 2:
            raise ValueError(f"radius must be at least 2 cells, got {self.radius}")
