"""Options of AMN's training."""

from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from wsss.data.transforms import SegmenterTransform
from wsss.training.options import FitOptions


@dataclass(frozen=True, kw_only=True)
class ActivationFit(FitOptions):
    """How AMN's network is fitted: by Adam, whose first beta is `momentum`."""

    epochs: int = 5
    learning_rate: float = 5e-6
    head_factor: float = 20.0
    schedule: Literal["constant", "poly"] = "constant"
    """Whether the learning rate stays as it is, as in the authors' code, or falls as in other trainings."""
    smoothing: float = 0.4
    """How much of a pixel's target the other labels share."""
    transform: SegmenterTransform = field(default_factory=SegmenterTransform)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.smoothing < 1:
            raise ValueError(f"smoothing must lie in [0, 1), got {self.smoothing}")

    def rule(self, groups: list[dict[str, Any]], *, fused: bool) -> torch.optim.Optimizer:
        """Return Adam."""
        return torch.optim.Adam(groups, betas=(self.momentum, 0.999), weight_decay=self.weight_decay, fused=fused)

    def factor(self, step: int, *, steps: int) -> float:
        """Return the share of the learning rate that a step has: all of it, or as in other trainings."""
        return super().factor(step, steps=steps) if self.schedule == "poly" else 1.0
