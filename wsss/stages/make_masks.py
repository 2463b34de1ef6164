"""make_masks: refined maps in, pseudo masks out, as palette PNGs; masks that people annotated take their place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from wsss.engine.batch import Batch, Compute
from wsss.engine.stage import Job
from wsss.stages.deciding import DecidesMasks
from wsss.store.kinds import INDEX, MAPS, Kind


@dataclass(frozen=True, kw_only=True)
class MakeMasks(DecidesMasks):
    """Decide every pixel, or leave it undecided; where there is an annotated mask, take that."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "maps": MAPS}

    def open(self, job: Job, device: torch.device) -> Compute:
        """Return the rule, and the readers of annotated masks."""
        annotated = self.annotated(job.index())

        def make(batch: Batch) -> list[Any]:
            pairs = zip(batch.records, batch.items["maps"], strict=True)
            return [annotated[record.id] if record.id in annotated else self.masks(maps) for record, maps in pairs]

        return make
