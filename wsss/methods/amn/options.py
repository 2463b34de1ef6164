"""Options of AMN's training."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

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

    def optimiser(
        self,
        *,
        backbone: list[nn.Parameter],
        head: list[nn.Parameter],
        steps: int,
        biases: Sequence[nn.Parameter] = (),
        fused: bool = False,
    ) -> tuple[torch.optim.Optimizer, LambdaLR]:
        """Return Adam with the groups of `FitOptions.optimiser`, and its schedule."""
        sgd, falling = super().optimiser(backbone=backbone, head=head, steps=steps, biases=biases)
        groups = [
            {name: group[name] for name in ("params", "initial_lr", "weight_decay")} for group in sgd.param_groups
        ]
        adam = torch.optim.Adam(
            [{"lr": group.pop("initial_lr"), **group} for group in groups],
            betas=(self.momentum, 0.999),
            fused=fused,
        )
        factor = falling.lr_lambdas[0] if self.schedule == "poly" else _constant
        return adam, LambdaLR(adam, factor)


def _constant(_: int) -> float:
    return 1.0
