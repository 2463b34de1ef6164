"""confident_labels: raw maps and the image in, a mask of what is certain out; AffinityNet and IRNet learn from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.data.index import Record
from wsss.engine.shard import ItemWorker
from wsss.engine.stage import Job
from wsss.masks import confident
from wsss.refine.base import Refiner
from wsss.stages.refine_cams import ImageAndMaps, MapRefiner, Refining
from wsss.store.files import MASK, write_mask


@final
@dataclass(frozen=True, kw_only=True)
class ConfidentLabels(Refining):
    """Refine every image's maps twice, and keep what both agree on; see `wsss.masks.confident`."""

    suffix: ClassVar[str] = MASK

    foreground: dict[str, Refiner]
    """With much background: what is still a class here is one."""
    background: dict[str, Refiner]
    """With little background: what is still background here is background."""

    def chains(self) -> dict[str, dict[str, Refiner]]:
        """See `Refining`."""
        return {"foreground": self.foreground, "background": self.background}

    def open(self, job: Job, device: torch.device) -> "Labeller":
        """Open every refiner."""
        strict, lenient = (self.opened(chain, job=job, device=device) for chain in self.chains().values())
        return Labeller(foreground=strict, background=lenient)


@dataclass(frozen=True, kw_only=True)
class Labeller(ItemWorker[ImageAndMaps, NDArray[np.uint8]]):
    """An opened `ConfidentLabels`."""

    foreground: MapRefiner
    background: MapRefiner

    def load(self, record: Record) -> ImageAndMaps:
        """Decode the image and read its maps."""
        return self.foreground.load(record)

    def compute(self, batch: Sequence[ImageAndMaps]) -> list[NDArray[np.uint8]]:
        """Refine twice and compare."""
        pairs = zip(self.foreground.compute(batch), self.background.compute(batch), strict=True)
        return [confident(foreground=strict, background=lenient) for strict, lenient in pairs]

    def write(self, path: Path, result: NDArray[np.uint8]) -> None:
        """Write the mask."""
        write_mask(path, result)
