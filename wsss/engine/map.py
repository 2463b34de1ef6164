"""Map: the shape of a stage that turns one image into one small file."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from wsss.data.index import Index, Record
from wsss.engine import shard
from wsss.engine.shard import ItemWorker
from wsss.engine.stage import Job, Stage


@dataclass(frozen=True, kw_only=True)
class Map(Stage):
    """One image in, one file out, in batches that follow from the index alone."""

    roles: ClassVar[tuple[str, ...]] = ("index",)
    suffix: ClassVar[str]
    """Ending of the items' names."""

    splits: tuple[str, ...] = ("train",)

    @property
    def processes(self) -> bool:
        """Whether the work is bound to the CPU and spread over processes, each with one thread."""
        return False

    @abstractmethod
    def open(self, job: Job, device: torch.device) -> ItemWorker[Any, Any]:
        """Load what all images need."""

    def check_index(self, index: Index) -> None:
        """Refuse a split that is not there."""
        index.union(self.splits)

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Return which images are worked on together."""
        return [(record,) for record in index.union(self.splits)]

    def run(self, job: Job) -> dict[str, Any]:
        """Make the items of this process's share of the batches that are not there yet."""
        batches = self.batches(job.index())
        made = shard.run(self, job, batches)
        return {"images": sum(len(batch) for batch in batches), "made": made}


def by_size(records: Sequence[Record], *, limit: int) -> list[tuple[Record, ...]]:
    """Group images of one size, in order of appearance, into batches of at most `limit`."""
    groups: dict[tuple[int, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record.size.height, record.size.width), []).append(record)
    return [tuple(group[i : i + limit]) for group in groups.values() for i in range(0, len(group), limit)]
