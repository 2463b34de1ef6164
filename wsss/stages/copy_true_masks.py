"""copy_true_masks: true masks for the segmentation network to learn from: what pseudo masks could reach at most."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.data.index import Index, Record
from wsss.engine.batch import Compute
from wsss.engine.map import Map
from wsss.engine.stage import Job
from wsss.errors import DataError, one_of
from wsss.store.kinds import MASKS, Kind

NOTE = "The segmentation network learnt from true masks: its scores are an upper bound, and not of weak supervision."


@final
@dataclass(frozen=True, kw_only=True)
class CopyTrueMasks(Map):
    """Stand in for the pseudo masks with the true ones, for the comparison that papers call fully supervised.

    Beside `evaluate`, the report and `masks.annotated` nothing reads a true mask. `stages=supervised` chooses it, and
    what comes of it is marked as an oracle wherever it is shown.
    """

    makes: ClassVar[Kind] = MASKS

    @property
    def uses_true_masks(self) -> bool:
        """See `Stage`."""
        return True

    def check_index(self, index: Index) -> None:
        """Refuse images without a true mask."""
        without = [record.id for record in index.union(self.splits) if record.mask is None]
        if without:
            problem = f"stages=supervised learns from true masks, and {len(without)} images have none"
            raise DataError(f"{problem}: {one_of(without, limit=5)}; give them masks, or leave it out")

    def run(self, job: Job) -> dict[str, Any]:
        """Copy, and say what that makes of the result."""
        return {**super().run(job), "notes": [NOTE]}

    def open(self, job: Job, device: torch.device) -> Compute:
        """Read the index."""
        index = job.index()

        def copy(record: Record) -> NDArray[np.uint8]:
            truth = index.truth(record)
            assert truth is not None, "check_index comes first"
            return truth

        return lambda batch: [partial(copy, record) for record in batch.records]
