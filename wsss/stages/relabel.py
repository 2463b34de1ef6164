"""relabel: the trained segmentation network's answer on images whose labels are known, to learn from once more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.data.index import Record
from wsss.labels import BACKGROUND, label_of
from wsss.stages.base import Job
from wsss.stages.predict_masks import ImageAndMaps, MaskPredictor, Predicting
from wsss.stages.shard import ItemWorker
from wsss.types import ScoreMaps

RecordAndImage = tuple[Record, NDArray[np.uint8]]


@final
@dataclass(frozen=True, kw_only=True)
class Relabel(Predicting):
    """As `PredictMasks`, among an image's own classes and the background: what it does not show is no answer."""

    def open(self, job: Job, device: torch.device) -> "Relabeller":
        """Load the trained network."""
        return Relabeller(predictor=self.predictor(job, device))


@dataclass(frozen=True, kw_only=True)
class Relabeller(ItemWorker[RecordAndImage, ImageAndMaps]):
    """An opened `Relabel`."""

    predictor: MaskPredictor

    def load(self, record: Record) -> RecordAndImage:
        """Decode the image."""
        return record, self.predictor.load(record)

    def compute(self, batch: Sequence[RecordAndImage]) -> list[ImageAndMaps]:
        """Return the probabilities of the background and of each image's own classes."""
        found = self.predictor.compute([image for _, image in batch])
        return [
            (image, among(maps, classes=record.classes))
            for (record, _), (image, maps) in zip(batch, found, strict=True)
        ]

    def write(self, path: Path, result: ImageAndMaps) -> None:
        """Refine, decide and write."""
        self.predictor.write(path, result)


def among(maps: ScoreMaps, *, classes: Sequence[int]) -> ScoreMaps:
    """Return the probabilities given that only these classes and the background are possible.

    `maps` hold every label in order, and sum to one at every pixel.
    """
    labels = torch.tensor([BACKGROUND, *map(label_of, sorted(classes))])
    kept = maps.scores[labels]
    total = kept.sum(dim=0).clamp(min=torch.finfo(kept.dtype).tiny)
    return replace(maps, labels=labels, scores=kept / total)
