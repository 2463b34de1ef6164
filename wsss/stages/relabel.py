"""relabel: the trained segmentation network's answer on images whose labels are known, to learn from once more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.data.index import Record
from wsss.engine.shard import ItemWorker
from wsss.engine.stage import Job
from wsss.labels import BACKGROUND, label_of
from wsss.refine.probabilities import class_maps
from wsss.stages.predict_masks import ImageAndMaps, MaskPredictor, Predicting
from wsss.types import ScoreMaps

RecordAndImage = tuple[Record, NDArray[np.uint8]]


@final
@dataclass(frozen=True, kw_only=True)
class Relabel(Predicting):
    """Take the network's answer as maps of the classes that an image is known to show, and refine them.

    Every class has a map that reaches about 1, however unsure of it the network is; the background is for `refine` to
    add, as to CAMs, and a refiner may give all pixels of a class to others.
    """

    gives_background: ClassVar[bool] = False

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
        """Return maps of each image's own classes."""
        found = self.predictor.compute([image for _, image in batch])
        return [
            (image, known_class_maps(maps, classes=record.classes))
            for (record, _), (image, maps) in zip(batch, found, strict=True)
        ]

    def write(self, path: Path, result: ImageAndMaps) -> None:
        """Refine, decide and write."""
        self.predictor.write(path, result)


def known_class_maps(maps: ScoreMaps, *, classes: Sequence[int]) -> ScoreMaps:
    """Return each class's probability, given that only these and the background are possible, divided by its maximum.

    `maps` hold every label in order, and sum to one at every pixel. As in CAMs, a maximum that is zero stays zero.
    """
    labels = torch.tensor([label_of(each) for each in sorted(classes)], dtype=maps.labels.dtype)
    known = maps.scores[torch.cat([labels.new_tensor([BACKGROUND]), labels])]
    return replace(maps, labels=labels, scores=class_maps(known))
