"""make_masks: refined maps in, pseudo masks out, as palette PNGs; masks that people annotated take their place."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch

from wsss.data.annotated import annotated_masks, check_annotated, read_annotated
from wsss.data.index import Index
from wsss.engine.batch import Batch, Compute
from wsss.engine.map import Map
from wsss.engine.stage import Job
from wsss.masks import MaskRule
from wsss.store.kinds import INDEX, MAPS, MASKS, Kind


@dataclass(frozen=True, kw_only=True)
class MakeMasks(Map):
    """Decide every pixel, or leave it undecided; where there is an annotated mask, take that."""

    makes: ClassVar[Kind] = MASKS
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "maps": MAPS}

    masks: MaskRule

    @property
    def uses_true_masks(self) -> bool:
        """See `Stage`: annotated masks are true ones."""
        return self.masks.annotated is not None

    def check_index(self, index: Index) -> None:
        """Also refuse annotated masks of unknown images, of other sizes and with other labels."""
        super().check_index(index)
        check_annotated(self._annotated(index), index)

    def run(self, job: Job) -> dict[str, Any]:
        """Make the masks, and say what those that are annotated make of the result."""
        summary = super().run(job)
        if count := len(self._annotated(job.index())):
            summary["notes"] = [note(count, images=summary["images"])]
        return summary

    def open(self, job: Job, device: torch.device) -> Compute:
        """Return the rule, and the readers of annotated masks."""
        index = job.index()
        annotated = self._annotated(index)

        def make(batch: Batch) -> list[Any]:
            pairs = zip(batch.records, batch.items["maps"], strict=True)
            return [
                partial(read_annotated, annotated[record.id], record, index=index)
                if record.id in annotated
                else self.masks(maps)
                for record, maps in pairs
            ]

        return make

    def _annotated(self, index: Index) -> Mapping[str, Path]:
        return {
            i: path
            for (folder,) in self.masks.content().values()
            for i, path in annotated_masks(folder, index, splits=self.splits).items()
        }


def note(count: int, *, images: int) -> str:
    """Return what a reader of scores has to know."""
    return (
        f"{count} of {images} masks that the segmentation network learnt from were annotated by people: "
        "scores are not of image-level labels alone."
    )
