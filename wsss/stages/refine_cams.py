"""refine_cams: raw maps and the image in, maps with a background out, through a list of refiners."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch

from wsss.engine.batch import Compute
from wsss.engine.refining import Refining, opened
from wsss.engine.stage import Job
from wsss.refine.background import ConstantBackground
from wsss.refine.base import Refiner
from wsss.store.kinds import MAPS, Kind


@final
@dataclass(frozen=True, kw_only=True)
class RefineCams(Refining):
    """Apply refiners one after another; their names in the config are for people."""

    makes: ClassVar[Kind] = MAPS

    refine: dict[str, Refiner]

    def chains(self) -> dict[str, dict[str, Refiner]]:
        """See `Refining`."""
        return {"refine": self.refine}

    def run(self, job: Job) -> dict[str, Any]:
        """Also say which threshold the raw maps had, where it is configured."""
        first = next(iter(self.refine.values()))  # after another refiner a threshold is not one of raw maps
        threshold = {"threshold": first.threshold} if isinstance(first, ConstantBackground) else {}
        return {**super().run(job), **threshold}

    def open(self, job: Job, device: torch.device) -> Compute:
        """Open every refiner."""
        return opened(self.refine, job=job, device=device)
