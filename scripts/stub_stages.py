"""A stage that computes nothing: `bench_coco.py --stub` measures what is around the networks."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from wsss.data.index import Record
from wsss.engine.batch import Compute
from wsss.engine.map import Map
from wsss.engine.stage import Job
from wsss.labels import label_of
from wsss.store.kinds import RAW_MAPS, Kind
from wsss.types import MAP_STRIDE, ScoreMaps


@dataclass(frozen=True, kw_only=True)
class StubMaps(Map):
    """Each class of an image rises from left to right."""

    makes: ClassVar[Kind] = RAW_MAPS
    needs_images: ClassVar[bool] = True

    def open(self, job: Job, device: torch.device) -> Compute:
        """Load nothing."""
        del job, device
        return lambda batch: [rising(record) for record in batch.records]


def rising(record: Record) -> ScoreMaps:
    """Return the maps of an image."""
    height, width = record.size.over(MAP_STRIDE)
    labels = torch.tensor([label_of(c) for c in sorted(record.classes)], dtype=torch.int64)
    return ScoreMaps(
        labels=labels, scores=torch.linspace(0, 1, width).expand(len(labels), height, width), size=record.size
    )
