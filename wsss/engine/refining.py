"""Refining: the shape of a Map stage that puts every image's maps through lists of refiners."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from wsss.engine.batch import Batch
from wsss.engine.log import logger
from wsss.engine.map import Map
from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.models.base import PlannedNetworks
from wsss.refine.base import Refiner, background_problems
from wsss.store.kinds import INDEX, KINDS, RAW_MAPS, Kind
from wsss.types import ScoreMaps

Refined = Callable[[Batch], list[ScoreMaps]]
"""Makes refined maps of a batch that holds images, their raw maps and what else the refiners read."""
Step = Callable[[Batch, Sequence[ScoreMaps]], list[ScoreMaps]]
"""Makes maps of a batch and of the maps that the refiner before left."""


@dataclass(frozen=True, kw_only=True)
class Refining(Map):
    """Reads images and their raw maps."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "maps": RAW_MAPS}
    needs_images: ClassVar[bool] = True
    items_stand_alone: ClassVar[bool] = True

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
        return not (gains and self.runtime.torch_device().type != "cpu")

    def needed_roles(self) -> Mapping[str, Kind]:
        """Return what the stage and its refiners read."""
        return {**self.roles, **needs_of(self.refiners)}

    def check(self) -> None:
        """Also refuse lists without one background, refiners that cannot work, and a stage that none of them reads."""
        super().check()
        problems = [
            problem
            for key, chain in self.chains().items()
            for problem in background_problems(chain, key=key, given=False)
        ]
        problems += [
            f"reads.{role}: no refiner reads {read}: choose one that does, as refine=irn for stages=irn"
            for role, read in self.inputs.items()
            if role not in self.needed_roles()
        ]
        if problems:
            raise ConfigError(problems)
        for refiner in self.refiners:
            refiner.check()

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse networks that do not serve the refiners."""
        for refiner in self.refiners:
            refiner.check_inputs(read)

    def run(self, job: Job) -> dict[str, Any]:
        """Also tell the log where refiners work, and what they left to be decided there."""
        device = torch.device("cpu") if self.processes else self.runtime.torch_device()
        for refiner in self.refiners:
            logger.info("on %s: %r", device, refiner.resolved(device))
        return super().run(job)


def needs_of(refiners: Iterable[Refiner]) -> dict[str, Kind]:
    """Return the kinds of artifacts that refiners read beyond the maps, by role."""
    return {role: KINDS[name] for refiner in refiners for role, name in refiner.needs.items()}


def reads_items(refiner: Refiner) -> list[str]:
    """Return the roles in which a refiner reads an item of each image."""
    return [role for role, name in refiner.needs.items() if KINDS[name].format is not None]


def opened(chain: Mapping[str, Refiner], *, job: Job, device: torch.device) -> Refined:
    """Open every refiner of a list, and return what applies them to a batch, one after another."""
    steps = [step(refiner, job=job, device=device) for refiner in chain.values()]

    def refine(batch: Batch) -> list[ScoreMaps]:
        maps: Sequence[ScoreMaps] = batch.items["maps"]
        for apply in steps:
            maps = apply(batch, maps)
        return list(maps)

    return refine


def step(refiner: Refiner, *, job: Job, device: torch.device) -> Step:
    """Open a refiner once, or with the items of each batch where it reads those."""
    roles = reads_items(refiner)
    inputs = job.opened(role for role in refiner.needs if role not in roles)
    if not roles:
        refine = refiner.open(inputs, device)
        return lambda batch, maps: refine(batch.images, maps)

    def with_items(batch: Batch, maps: Sequence[ScoreMaps]) -> list[ScoreMaps]:
        items = {role: batch.items[role] for role in roles}
        return refiner.open({**inputs, **items}, device)(batch.images, maps)

    return with_items
