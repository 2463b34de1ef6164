"""AdamW with a warm-up, as transformers are trained, in the place of SGD."""

from dataclasses import dataclass
from typing import Any

import torch

from wsss.training.options import FitOptions, SegmenterFit
from wsss.training.schedule import poly


@dataclass(frozen=True, kw_only=True)
class AdamWFit(FitOptions):
    """AdamW, whose first beta is `momentum`; its rate climbs in the first steps, and then falls by `poly_power`."""

    warmup: int = 50
    """Steps in which the learning rate climbs from zero."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.warmup < 0:
            raise ValueError(f"warmup must not be negative, got {self.warmup}")

    def rule(self, groups: list[dict[str, Any]], *, fused: bool) -> torch.optim.Optimizer:
        """Return AdamW."""
        return torch.optim.AdamW(groups, betas=(self.momentum, 0.999), weight_decay=self.weight_decay, fused=fused)

    def factor(self, step: int, *, steps: int) -> float:
        """Return the share of the learning rate that a step has.

        >>> fit = AdamWFit(warmup=2, poly_power=1.0)
        >>> [fit.factor(step, steps=6) for step in range(6)]
        [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
        """
        warm = min(self.warmup, steps - 1)
        if step < warm:
            return (step + 1) / warm
        return poly(step - warm, steps=steps - warm, power=self.poly_power)


@dataclass(frozen=True, kw_only=True)
class AdamWSegmenterFit(AdamWFit, SegmenterFit):
    """How a segmentation network is fitted that is a transformer, or stands on one."""
