"""A background that nobody set: its threshold was chosen from the images and the maps, without any mask."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import torch

from wsss.refine.background import ConstantBackground
from wsss.refine.base import Refine, Refiner

CHOSEN: Final = "threshold.json"
"""The file of the stage that chooses: `threshold`, in [0, 1], and what speaks for each one."""


@dataclass(frozen=True, kw_only=True)
class AutoBackground(Refiner):
    """`ConstantBackground` at the threshold that the stage `choose_threshold` found for these maps."""

    needs: ClassVar[tuple[str, ...]] = ("threshold",)

    def open(self, inputs: Mapping[str, Path], device: torch.device) -> Refine:
        """Read the threshold."""
        return ConstantBackground(threshold=chosen_threshold(inputs["threshold"])).open(inputs, device)


def chosen_threshold(folder: Path) -> float:
    """Return the threshold that lies in the items of `choose_threshold`."""
    return float(json.loads((folder / CHOSEN).read_text(encoding="utf-8"))["threshold"])
