"""relabel: the trained segmentation network's answer on images whose labels are known, to learn from once more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, final

import torch

from wsss.engine.batch import Batch, Compute
from wsss.engine.stage import Job
from wsss.labels import BACKGROUND, label_of
from wsss.refine.probabilities import class_maps
from wsss.stages.deciding import DecidesMasks
from wsss.stages.predict_masks import Later, MaskPredictor, Pixels, Predicting
from wsss.types import ScoreMaps


@final
@dataclass(frozen=True, kw_only=True)
class Relabel(Predicting, DecidesMasks):
    """Take the network's answer as maps of the classes that an image is known to show, and refine them.

    Every class has a map that reaches about 1, however unsure of it the network is; the background is for `refine` to
    add, as to CAMs, and a refiner may give all pixels of a class to others. Annotated masks stay what they are.
    """

    gives_background: ClassVar[bool] = False

    def open(self, job: Job, device: torch.device) -> Compute:
        """Load the trained network."""
        predictor, annotated = self.predictor(job, device), self.annotated(job.index())

        def masks(batch: Batch) -> list[Later]:
            answers = zip(batch.records, batch.images, predictor.maps(batch.images), strict=True)
            return [
                annotated.get(record.id, partial(self._decided, predictor, image, maps, classes=record.classes))
                for record, image, maps in answers
            ]

        return masks

    def _decided(self, ask: MaskPredictor, image: Pixels, maps: ScoreMaps, *, classes: Sequence[int]) -> Pixels:
        return self.masks(ask.refined(image, known_class_maps(maps, classes=classes)))


def known_class_maps(maps: ScoreMaps, *, classes: Sequence[int]) -> ScoreMaps:
    """Return each class's probability, given that only these and the background are possible, divided by its maximum.

    `maps` hold every label in order, and sum to one at every pixel. As in CAMs, a maximum that is zero stays zero.
    """
    labels = torch.tensor([label_of(each) for each in sorted(classes)], dtype=maps.labels.dtype)
    known = maps.scores[torch.cat([labels.new_tensor([BACKGROUND]), labels])]
    return replace(maps, labels=labels, scores=class_maps(known), peaks=None)
