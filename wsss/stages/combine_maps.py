"""combine_maps: two kinds of raw maps of an image in, one out; one of them knows the extent, the other the outline."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import torch

from wsss.engine.batch import Batch, Compute
from wsss.engine.map import Map
from wsss.engine.stage import Job
from wsss.errors import DataError
from wsss.store.kinds import INDEX, RAW_MAPS, Kind
from wsss.types import ScoreMaps
from wsss.views.base import over_peak


@dataclass(frozen=True, kw_only=True)
class CombineMaps(Map):
    """Multiply every class's map by that of another method: a pixel must be likely in both.

    The result is the weighted geometric mean maps^(1 - fine_share) * fine^fine_share, divided by its maximum again.
    Where the two nowhere meet, as where one does not see a class at all, their sum is taken: every class that either of
    them sees has a map.
    """

    makes: ClassVar[Kind] = RAW_MAPS
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "maps": RAW_MAPS, "fine": RAW_MAPS}
    items_stand_alone: ClassVar[bool] = True

    fine_share: float = 0.67
    """How much of a say the other maps have."""

    def __post_init__(self) -> None:
        if not 0 < self.fine_share < 1:
            raise ValueError(f"fine_share must lie between 0 and 1, got {self.fine_share}")

    @property
    def processes(self) -> bool:
        """It is bound to the CPU."""
        return True

    def open(self, job: Job, device: torch.device) -> Compute:
        """Return what multiplies the maps of a batch."""
        places = [job.items(role, RAW_MAPS) for role in ("maps", "fine")]

        def products(batch: Batch) -> list[ScoreMaps]:
            pairs = list(zip(batch.items["maps"], batch.items["fine"], strict=True))
            for record, (maps, fine) in zip(batch.records, pairs, strict=True):
                if not torch.equal(maps.labels, fine.labels):
                    files = " and ".join(str(items.place(record)) for items in places)
                    raise DataError(f"{files} are of different labels: delete the folders of both and run again")
            return [combined(maps, fine, share=self.fine_share) for maps, fine in pairs]

        return products


def combined(maps: ScoreMaps, fine: ScoreMaps, *, share: float) -> ScoreMaps:
    """Return the weighted geometric mean of two maps of the same labels and grid; see `CombineMaps`."""
    product = maps.scores ** (1 - share) * fine.scores**share
    meet = product.amax(dim=(-2, -1), keepdim=True) > 0
    return replace(maps, scores=over_peak(torch.where(meet, product, maps.scores + fine.scores)))
