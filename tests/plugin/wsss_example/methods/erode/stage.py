"""erode_masks: masks in, and the same without a decision at their borders out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.engine.batch import Compute
from wsss.engine.map import Map
from wsss.engine.stage import Job
from wsss.labels import IGNORE
from wsss.store.kinds import INDEX, MASKS, Kind


@dataclass(frozen=True, kw_only=True)
class ErodeMasks(Map):
    """Ignore the first and last pixel of every label along each row."""

    makes: ClassVar[Kind] = MASKS
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "masks": MASKS}

    def open(self, job: Job, device: torch.device) -> Compute:
        """Read nothing."""
        return lambda batch: [eroded(labels) for labels in batch.items["masks"]]


def eroded(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return labels that are ignored where a neighbour in the row has another one."""
    changes = labels[:, 1:] != labels[:, :-1]
    border = np.zeros(labels.shape, dtype=bool)
    border[:, 1:] |= changes
    border[:, :-1] |= changes
    return np.where(border, np.uint8(IGNORE), labels)
