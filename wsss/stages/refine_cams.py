"""refine_cams: raw maps and the image in, maps with a background out, through a list of refiners."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.data.images import read_image
from wsss.data.index import Index, Record
from wsss.engine.log import logger
from wsss.engine.map import Map
from wsss.engine.shard import ItemWorker
from wsss.engine.stage import Job, item_path
from wsss.errors import ConfigError
from wsss.refine.base import Refine, Refiner, background_problems, roles_with
from wsss.store.files import SCORES, read_scores, write_scores
from wsss.types import ScoreMaps

ImageAndMaps = tuple[NDArray[np.uint8], ScoreMaps]


@dataclass(frozen=True, kw_only=True)
class Refining(Map):
    """A stage that puts every image's maps through refiners."""

    roles: ClassVar[tuple[str, ...]] = ("index", "maps")

    @abstractmethod
    def chains(self) -> dict[str, dict[str, Refiner]]:
        """Return the refiners by the option that lists them."""

    @property
    def refiners(self) -> tuple[Refiner, ...]:
        """All of them."""
        return tuple(refiner for chain in self.chains().values() for refiner in chain.values())

    @property
    def processes(self) -> bool:
        """Spread over processes of the CPU, unless there is a GPU for a refiner that works there."""
        gains = any(refiner.on_device for refiner in self.refiners)
        return not (gains and self.runtime.torch_device().type == "cuda")

    def needed_roles(self) -> tuple[str, ...]:
        """Return what the stage and its refiners read."""
        return roles_with(self.refiners, roles=self.roles)

    def check(self) -> None:
        """Also refuse lists without one background, refiners that cannot work, and a stage that none of them reads."""
        super().check()
        problems = [
            problem
            for key, chain in self.chains().items()
            for problem in background_problems(chain, key=key, given=False)
        ]
        problems += [
            f"reads.{role}: no refiner reads {self.reads[role]}: choose one that does, as refine=irn for stages=irn"
            for role in self.reads
            if role not in self.needed_roles()
        ]
        if problems:
            raise ConfigError(problems)
        for refiner in self.refiners:
            refiner.check()

    def run(self, job: Job) -> dict[str, Any]:
        """Also tell the log where refiners work, and what they left to be decided there."""
        device = torch.device("cpu") if self.processes else self.runtime.torch_device()
        for refiner in self.refiners:
            logger.info("on %s: %r", device, refiner.resolved(device))
        return super().run(job)

    def opened(self, chain: Mapping[str, Refiner], *, job: Job, device: torch.device) -> "MapRefiner":
        """Open every refiner of a list."""
        steps = tuple(refiner.open(job.folders(), device) for refiner in chain.values())
        return MapRefiner(job=job, index=job.index(), steps=steps)


@final
@dataclass(frozen=True, kw_only=True)
class RefineCams(Refining):
    """Apply refiners one after another; their names in the config are for people."""

    suffix: ClassVar[str] = SCORES

    refine: dict[str, Refiner]

    def chains(self) -> dict[str, dict[str, Refiner]]:
        """See `Refining`."""
        return {"refine": self.refine}

    def open(self, job: Job, device: torch.device) -> "MapRefiner":
        """Open every refiner."""
        return self.opened(self.refine, job=job, device=device)


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
