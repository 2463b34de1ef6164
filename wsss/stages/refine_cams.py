"""refine_cams: raw maps and the image in, maps with a background out, through a list of refiners."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.artifacts.formats import SCORES, read_scores, write_scores
from wsss.data.images import read_image
from wsss.data.index import Index, Record
from wsss.errors import ConfigError
from wsss.refine.base import Refine, Refiner
from wsss.stages.base import Job, item_path
from wsss.stages.map import Map
from wsss.stages.shard import ItemWorker
from wsss.types import ScoreMaps

ImageAndMaps = tuple[NDArray[np.uint8], ScoreMaps]


@dataclass(frozen=True, kw_only=True)
class RefineCams(Map):
    """Apply refiners one after another; their names in the config are for people."""

    roles: ClassVar[tuple[str, ...]] = ("index", "maps")
    suffix: ClassVar[str] = SCORES
    processes: ClassVar[bool] = True

    refine: dict[str, Refiner]

    def needed_roles(self) -> tuple[str, ...]:
        """Return what the stage and its refiners read."""
        needs = (role for refiner in self.refine.values() for role in refiner.needs)
        return tuple(dict.fromkeys([*self.roles, *needs]))

    def check(self) -> None:
        """Also refuse an empty list, and refiners that cannot work here."""
        super().check()
        if not self.refine:
            raise ConfigError(["refine: no refiner: give at least a background rule, as refine=background does"])
        for refiner in self.refine.values():
            refiner.check()

    def open(self, job: Job, device: torch.device) -> "MapRefiner":
        """Open every refiner."""
        steps = tuple(refiner.open(job.folders(), device) for refiner in self.refine.values())
        return MapRefiner(job=job, index=job.index(), steps=steps)


@dataclass(frozen=True, kw_only=True)
class MapRefiner(ItemWorker[ImageAndMaps, ScoreMaps]):
    """An opened `RefineCams`."""

    job: Job
    index: Index
    steps: tuple[Refine, ...]

    def load(self, record: Record) -> ImageAndMaps:
        """Decode the image and read its maps."""
        maps = read_scores(item_path(self.job.inputs["maps"], record, SCORES))
        return read_image(self.index.image_path(record)), maps

    def compute(self, batch: Sequence[ImageAndMaps]) -> list[ScoreMaps]:
        """Apply every step."""
        images = [image for image, _ in batch]
        every = [maps for _, maps in batch]
        for step in self.steps:
            every = step(images, every)
        return every

    def write(self, path: Path, result: ScoreMaps) -> None:
        """Write the maps."""
        write_scores(path, result)
