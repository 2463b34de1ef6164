"""Sharpening: scores to a power, so that what is certain stands out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from wsss.refine.base import Refine, Refiner


@dataclass(frozen=True, kw_only=True)
class Sharpen(Refiner):
    """Every score to the same power."""

    power: float = 2.0

    def open(self, inputs: Mapping[str, Path], device: torch.device) -> Refine:
        """Read nothing."""
        return lambda images, maps: [replace(each, scores=each.scores.to(device) ** self.power) for each in maps]
