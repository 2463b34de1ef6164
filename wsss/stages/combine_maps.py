"""combine_maps: two kinds of raw maps of an image in, one out; one of them knows the extent, the other the outline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import torch

from wsss.data.index import Record
from wsss.engine.map import Map
from wsss.engine.shard import ItemWorker
from wsss.engine.stage import Job, item_path
from wsss.errors import DataError
from wsss.store.files import SCORES, read_scores, write_scores
from wsss.types import ScoreMaps
from wsss.views.base import over_peak

Pair = tuple[ScoreMaps, ScoreMaps]


@dataclass(frozen=True, kw_only=True)
class CombineMaps(Map):
    """Multiply every class's map by that of another method: a pixel must be likely in both.

    The result is the weighted geometric mean maps^(1 - fine_share) * fine^fine_share, divided by its maximum again.
    Where the two nowhere meet, as where one does not see a class at all, their sum is taken: every class that either of
    them sees has a map.
    """

    roles: ClassVar[tuple[str, ...]] = ("index", "maps", "fine")
    suffix: ClassVar[str] = SCORES

    fine_share: float = 0.67
    """How much of a say the other maps have."""

    def __post_init__(self) -> None:
        if not 0 < self.fine_share < 1:
            raise ValueError(f"fine_share must lie between 0 and 1, got {self.fine_share}")

    @property
    def processes(self) -> bool:
        """It is bound to the CPU."""
        return True

    def open(self, job: Job, device: torch.device) -> "MapCombiner":
        """Load nothing."""
        return MapCombiner(job=job, fine_share=self.fine_share)


@dataclass(frozen=True, kw_only=True)
class MapCombiner(ItemWorker[Pair, ScoreMaps]):
    """An opened `CombineMaps`."""

    job: Job
    fine_share: float

    def load(self, record: Record) -> Pair:
        """Read both maps of the image."""
        maps, fine = (item_path(self.job.inputs[role], record, SCORES) for role in ("maps", "fine"))
        pair = read_scores(maps), read_scores(fine)
        if not torch.equal(pair[0].labels, pair[1].labels):
            raise DataError(f"{maps} and {fine} are of different labels: delete the folders of both and run again")
        return pair

    def compute(self, batch: Sequence[Pair]) -> list[ScoreMaps]:
        """Multiply."""
        return [combined(maps, fine, share=self.fine_share) for maps, fine in batch]

    def write(self, path: Path, result: ScoreMaps) -> None:
        """Write the maps."""
        write_scores(path, result)


def combined(maps: ScoreMaps, fine: ScoreMaps, *, share: float) -> ScoreMaps:
    """Return the weighted geometric mean of two maps of the same labels and grid; see `CombineMaps`."""
    product = maps.scores ** (1 - share) * fine.scores**share
    meet = product.amax(dim=(-2, -1), keepdim=True) > 0
    return replace(maps, scores=over_peak(torch.where(meet, product, maps.scores + fine.scores)))
