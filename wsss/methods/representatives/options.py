"""Options of the trainings of binary classifiers."""

from dataclasses import dataclass, field

from wsss.data.transforms import ClassifierTransform
from wsss.training.options import FitOptions


@dataclass(frozen=True, kw_only=True)
class RepresentativesFit(FitOptions):
    """How binary classifiers are fitted on one frozen backbone: only heads learn."""

    transform: ClassifierTransform = field(default_factory=ClassifierTransform)


@dataclass(frozen=True, kw_only=True)
class OwnRepresentativesFit(RepresentativesFit):
    """How a network for each pair of classes is fitted; `epochs` are those of one pair."""

    images: int = 128
    """Images an epoch: drawn for the pair, one half of them from each side."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.images < self.batch_size or self.images % 2:
            raise ValueError(f"images must be even, and at least one batch; got {self.images}")
        if self.steps is not None:
            raise ValueError("steps must be null: every pair has its own training of so many epochs")
