"""make_masks: refined maps in, pseudo masks out, as palette PNGs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch

from wsss.engine.batch import Compute
from wsss.engine.map import Map
from wsss.engine.stage import Job
from wsss.masks import MaskRule
from wsss.store.kinds import INDEX, MAPS, MASKS, Kind


@dataclass(frozen=True, kw_only=True)
class MakeMasks(Map):
    """Decide every pixel, or leave it undecided."""

    makes: ClassVar[Kind] = MASKS
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "maps": MAPS}

    masks: MaskRule

    def open(self, job: Job, device: torch.device) -> Compute:
        """Return the rule."""
        return lambda batch: [self.masks(maps) for maps in batch.items["maps"]]
