"""Masks that a network learns from: a rule decides them, and masks that people annotated take their place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import UInt8

from wsss.data.annotated import annotated_masks, check_annotated, read_annotated
from wsss.data.index import Index
from wsss.engine.map import Map
from wsss.engine.stage import Job
from wsss.masks import MaskRule
from wsss.store.kinds import MASKS, Kind


@dataclass(frozen=True, kw_only=True)
class DecidesMasks(Map):
    """A stage that makes masks for a network to learn from; those that are annotated make its result an oracle."""

    makes: ClassVar[Kind] = MASKS
    items_stand_alone: ClassVar[bool] = True

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

    def annotated(self, index: Index) -> dict[str, Callable[[], UInt8[np.ndarray, "h w"]]]:
        """Return what reads the annotated mask of an image, by the ids of the images that have one."""
        return {
            i: partial(read_annotated, path, index.records[i], index=index)
            for i, path in self._annotated(index).items()
        }

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
