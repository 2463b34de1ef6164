"""Map: the shape of a stage that turns one image into one small file."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import torch

from wsss.data.index import Index, Record
from wsss.engine import shard
from wsss.engine.batch import Compute, Reader
from wsss.engine.shard import Work
from wsss.engine.stage import Job, Stage
from wsss.engine.taken_over import TakeOver
from wsss.store.kinds import INDEX, Kind


@dataclass(frozen=True, kw_only=True)
class Map(Stage):
    """One image in, one file out, in batches that follow from the index alone.

    Images and items are read, and results written, by the engine; a stage says what it makes of them.
    """

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX}
    needs_images: ClassVar[bool] = False
    """Whether batches hold the images' pixels."""

    items_stand_alone: ClassVar[bool] = False
    """Whether an item depends on nothing of the index but the classes and its batch's images, sizes and labels.

    Where a few images change, the others' items are then taken over from an earlier artifact."""

    splits: tuple[str, ...] = ("train",)

    @property
    def processes(self) -> bool:
        """Whether the work is bound to the CPU and spread over processes, each with one thread."""
        return False

    @property
    def takes_gpu(self) -> bool:
        """Not where processes of the CPU do the work."""
        return super().takes_gpu and not self.processes

    @abstractmethod
    def open(self, job: Job, device: torch.device) -> Compute:
        """Load what all images need, and return what makes the items of a batch."""

    def check_index(self, index: Index) -> None:
        """Refuse a split that is not there."""
        index.union(self.splits)

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Return which images are worked on together."""
        return [(record,) for record in index.union(self.splits)]

    def reader(self, job: Job) -> Reader:
        """Return what reads an image's share of a batch: its pixels, where needed, and the items of other stages."""
        index = job.index()
        read = {role: kind for role, kind in self.needed_roles().items() if kind.format is not None}
        items = {role: kind.items(job.inputs[role], index) for role, kind in read.items()}
        return Reader(index=index, with_image=self.needs_images, items=items)

    def run(self, job: Job) -> dict[str, Any]:
        """Make the items of this process's share of the batches that are not there yet."""
        index, elsewhere = job.index(), job.elsewhere
        job = replace(job, elsewhere=None)  # which other processes are not given
        batches = self.batches(index)
        items = self.makes.new_items(job.artifact, index, pack=self.runtime.pack, bucket=self.runtime.bucket)
        if self.items_stand_alone and not self.uses_true_masks:
            earlier = TakeOver(job=job, makes=self.makes, roles=self.needed_roles(), deal=self.batches)
            earlier.into(items, shard.share(batches))
        work = Work(
            title=job.artifact.stage,
            folder=job.artifact.path,
            reader=partial(self.reader, job),
            open=partial(self.open, job),
            items=items,
            device=self.runtime.torch_device(),
            processes=self.processes,
            workers=self.runtime.processes,
            module=type(self).__module__,
        )
        made = shard.run(work, batches, elsewhere=elsewhere)
        return {"images": sum(map(len, batches)), "made": made, "splits": list(self.splits)}


def check_batch_size(batch_size: int) -> None:
    """Refuse a batch without images with a `ValueError`: a negative one left every image out, without a word."""
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")


def by_size(records: Sequence[Record], *, limit: int) -> list[tuple[Record, ...]]:
    """Group images of one size, in order of appearance, into batches of at most `limit`."""
    groups: dict[tuple[int, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record.size.height, record.size.width), []).append(record)
    return [tuple(group[i : i + limit]) for group in groups.values() for i in range(0, len(group), limit)]
