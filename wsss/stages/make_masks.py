"""make_masks: refined maps in, pseudo masks out, as palette PNGs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.data.index import Record
from wsss.engine.map import Map
from wsss.engine.shard import ItemWorker
from wsss.engine.stage import Job, item_path
from wsss.masks import MaskRule
from wsss.store.files import MASK, SCORES, read_scores, write_mask
from wsss.types import ScoreMaps


@dataclass(frozen=True, kw_only=True)
class MakeMasks(Map):
    """Decide every pixel, or leave it undecided."""

    roles: ClassVar[tuple[str, ...]] = ("index", "maps")
    suffix: ClassVar[str] = MASK

    masks: MaskRule

    def open(self, job: Job, device: torch.device) -> "MaskMaker":
        """Load nothing."""
        return MaskMaker(job=job, rule=self.masks)


@dataclass(frozen=True, kw_only=True)
class MaskMaker(ItemWorker[ScoreMaps, NDArray[np.uint8]]):
    """An opened `MakeMasks`."""

    job: Job
    rule: MaskRule

    def load(self, record: Record) -> ScoreMaps:
        """Read the refined maps."""
        return read_scores(item_path(self.job.inputs["maps"], record, SCORES))

    def compute(self, batch: Sequence[ScoreMaps]) -> list[NDArray[np.uint8]]:
        """Apply the rule."""
        return [self.rule(maps) for maps in batch]

    def write(self, path: Path, result: NDArray[np.uint8]) -> None:
        """Write the mask."""
        write_mask(path, result)
