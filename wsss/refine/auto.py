"""A background that nobody set: its threshold was chosen from the images and the maps, without any mask."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal

import torch

from wsss.errors import StoreError
from wsss.paths import open_regular
from wsss.refine.background import ConstantBackground
from wsss.refine.base import BackgroundRow, Inputs, Refine, Refiner
from wsss.validation import reason

CHOSEN: Final = "threshold.json"
"""The file of the stage that chooses: `threshold` and the ends of the `band` around it, in [0, 1]."""

LARGEST: Final = 10**6
"""Bytes that are read of it."""

Take = Literal["best", "low", "high"]
"""The threshold itself, or the lower or the upper end of the band of those that are nearly as good."""


@dataclass(frozen=True, kw_only=True)
class AutoBackground(Refiner):
    """`ConstantBackground` at the threshold that the stage `choose_threshold` found for these maps.

    Between the maps with the `low` and those with the `high` end of its band lies what `confident_labels` leaves open.
    """

    needs: ClassVar[Mapping[str, str]] = {"threshold": "choice"}
    background_row: ClassVar[BackgroundRow] = "adds"

    take: Take = "best"

    @property
    def strictness(self) -> float:
        """See `Refiner`."""
        return {"low": 0.0, "best": 1.0, "high": 2.0}[self.take]

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Read the threshold."""
        chosen = chosen_threshold(inputs["threshold"], take=self.take)
        return ConstantBackground(threshold=chosen).open(inputs, device)


def chosen_threshold(folder: Path, *, take: Take = "best") -> float:
    """Return the threshold, or an end of its band, that lies in the items of `choose_threshold`."""
    path = folder / CHOSEN
    try:
        with open_regular(path) as file:
            chosen = json.loads(file.read(LARGEST))
        low, high = chosen["band"]
        return float({"best": chosen["threshold"], "low": low, "high": high}[take])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        remedy = "delete the folder of its stage, and run again"
        raise StoreError(f"{path} holds no threshold ({reason(error)}): {remedy}") from error
