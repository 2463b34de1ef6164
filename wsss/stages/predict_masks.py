"""predict_masks: images in, the segmentation network's masks out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.data.images import read_image
from wsss.data.index import Index, Record
from wsss.engine.log import logger
from wsss.engine.map import Map, by_size
from wsss.engine.shard import ItemWorker
from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.masks import Argmax
from wsss.models.classifier import ClassifierOptions
from wsss.models.segmenter import SegmentationNetwork, SegmenterOptions
from wsss.refine.base import Refine, Refiner, background_problems, roles_with
from wsss.stages.train_segmenter import load_segmenter
from wsss.store.files import MASK, write_mask
from wsss.types import ScoreMaps, Size
from wsss.views.segmentation import SegmentationViews

ImageAndMaps = tuple[NDArray[np.uint8], ScoreMaps]


@dataclass(frozen=True, kw_only=True)
class Predicting(Map):
    """A stage that asks the trained segmentation network about every image."""

    gives_background: ClassVar[bool] = True
    """Whether refiners get the background's scores with those of the classes."""
    roles: ClassVar[tuple[str, ...]] = ("index", "segmenter")
    suffix: ClassVar[str] = MASK

    classifier: ClassifierOptions
    segmenter: SegmenterOptions
    views: SegmentationViews = field(default_factory=SegmentationViews)
    refine: dict[str, Refiner] = field(default_factory=dict)
    batch_size: int = 4

    def check(self) -> None:
        """Also refuse refiners without a background or with two, and those that cannot work here."""
        super().check()
        if problems := background_problems(self.refine, key="refine", given=self.gives_background):
            raise ConfigError(problems)
        for refiner in self.refine.values():
            refiner.check()

    def needed_roles(self) -> tuple[str, ...]:
        """Also what the refiners read."""
        return roles_with(self.refine.values(), roles=self.roles)

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Group images of one size, so that they can be stacked."""
        return by_size(index.union(self.splits), limit=self.batch_size)

    def predictor(self, job: Job, device: torch.device) -> "MaskPredictor":
        """Load the trained network, to be asked for any image."""
        network = load_segmenter(job, self.segmenter).to(device).to(memory_format=torch.channels_last)
        return MaskPredictor(
            stage=self, index=job.index(), network=network, steps=self._steps(job, device=device), device=device
        )

    def _steps(self, job: Job, *, device: torch.device) -> tuple[Refine, ...]:
        steps = []
        for refiner in self.refine.values():
            place = device if refiner.on_device else torch.device("cpu")
            logger.info("on %s: %r", place, refiner.resolved(place))
            steps.append(refiner.open(job.folders(), place))
        return tuple(steps)


@final
@dataclass(frozen=True, kw_only=True)
class PredictMasks(Predicting):
    """Merge several scales and mirror images; `refine` may put a CRF behind, and is empty by default."""

    def open(self, job: Job, device: torch.device) -> "MaskPredictor":
        """Load the trained network."""
        return self.predictor(job, device)


@dataclass(frozen=True, kw_only=True)
class MaskPredictor(ItemWorker[NDArray[np.uint8], ImageAndMaps]):
    """An opened `PredictMasks`: the network, for any image."""

    stage: Predicting
    index: Index
    network: SegmentationNetwork
    steps: tuple[Refine, ...]
    device: torch.device

    def load(self, record: Record) -> NDArray[np.uint8]:
        """Decode the image."""
        return read_image(self.index.image_path(record))

    def compute(self, batch: Sequence[NDArray[np.uint8]]) -> list[ImageAndMaps]:
        """Return the probabilities of all labels, on the CPU."""
        normalise = self.stage.segmenter.normalisation(self.stage.classifier.normalisation)
        images = torch.stack([normalise(image) for image in batch]).to(self.device)
        with torch.no_grad():
            merged = self.stage.views(self.network, images.contiguous(memory_format=torch.channels_last)).cpu()
        size = Size(height=images.shape[-2], width=images.shape[-1])
        labels = torch.arange(merged.shape[1])
        maps = [ScoreMaps(labels=labels, scores=scores, size=size) for scores in merged]
        return list(zip(batch, maps, strict=True))

    def write(self, path: Path, result: ImageAndMaps) -> None:
        """Refine, decide and write; most refiners are bound to the CPU, so they run here, beside the device."""
        write_mask(path, Argmax()(self.refined(result)))

    def refined(self, result: ImageAndMaps) -> ScoreMaps:
        """Apply every refiner to what `compute` returned for an image; the maps return to the CPU."""
        image, maps = result
        every = [maps]
        for step in self.steps:
            every = step([image], every)
        return every[0].to("cpu")
