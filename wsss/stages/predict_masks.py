"""predict_masks: images in, the segmentation network's masks out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.artifacts.formats import MASK, write_mask
from wsss.data.images import read_image
from wsss.data.index import Index, Record
from wsss.errors import ConfigError
from wsss.masks import Argmax
from wsss.models.classifier import Classifier
from wsss.models.segmenter import SegmentationNetwork, Segmenter
from wsss.refine.base import Refine, Refiner, background_problems, roles_with
from wsss.stages.base import Job
from wsss.stages.log import logger
from wsss.stages.map import Map, by_size
from wsss.stages.shard import ItemWorker
from wsss.stages.train_classifier import weights_content
from wsss.stages.train_segmenter import encoder_content, load_segmenter
from wsss.stages.writing import Write
from wsss.types import ScoreMaps, Size
from wsss.views import SegmentationViews

ImageAndMaps = tuple[NDArray[np.uint8], ScoreMaps]


@dataclass(frozen=True, kw_only=True)
class Predicting(Map):
    """A stage that asks the trained segmentation network about every image."""

    gives_background: ClassVar[bool] = True
    """Whether refiners get the background's scores with those of the classes."""
    roles: ClassVar[tuple[str, ...]] = ("index", "segmenter")
    suffix: ClassVar[str] = MASK

    classifier: Classifier
    segmenter: Segmenter
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

    def content(self) -> dict[str, tuple[Path, ...]]:
        """See `weights_content` and `encoder_content`."""
        return weights_content(self.classifier) | encoder_content(self.segmenter)

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Group images of one size, so that they can be stacked."""
        return by_size(index.union(self.splits), limit=self.batch_size)

    def predictor(self, job: Job, device: torch.device) -> "MaskPredictor":
        """Load the trained network and every refiner, to be asked for any image."""
        return self._opened(job, device, there=len(self.refine))

    def beside_device(self, job: Job, device: torch.device) -> "MaskPredictor":
        """Load the trained network and the refiners that work beside it; the others are for a `MaskWriter`."""
        return self._opened(job, device, there=self.served(device))

    def served(self, device: torch.device) -> int:
        """Return how many refiners, from the first on, work where the network does: on a CPU all, which is quicker."""
        each = [refiner.on_device or device.type == "cpu" for refiner in self.refine.values()]
        return [*each, False].index(False)

    def _opened(self, job: Job, device: torch.device, *, there: int) -> "MaskPredictor":
        """Open the first refiners on the device, as many as are to be `there`."""
        network = load_segmenter(job, self.segmenter).to(device).to(memory_format=torch.channels_last)
        refiners = tuple(self.refine.values())
        return MaskPredictor(
            stage=self,
            index=job.index(),
            network=network,
            steps=opened(refiners[:there], job=job, device=device),
            later=MaskWriter(job=job, refiners=refiners[there:]) if refiners[there:] else None,
            device=device,
        )

    def run(self, job: Job) -> dict[str, Any]:
        """Also tell the log where refiners work, and what they left to be decided there."""
        device = self.runtime.torch_device()
        for at, refiner in enumerate(self.refine.values()):
            place = device if at < self.served(device) else torch.device("cpu")
            logger.info("on %s: %r", place, refiner.resolved(place))
        return super().run(job)


@final
@dataclass(frozen=True, kw_only=True)
class PredictMasks(Predicting):
    """Merge several scales and mirror images; `refine` may put a CRF behind, and is empty by default."""

    def open(self, job: Job, device: torch.device) -> "MaskPredictor":
        """Load the trained network."""
        return self.beside_device(job, device)


@dataclass(frozen=True, kw_only=True)
class MaskPredictor(ItemWorker[NDArray[np.uint8], ImageAndMaps]):
    """An opened `PredictMasks`: the network, for any image."""

    stage: Predicting
    index: Index
    network: SegmentationNetwork
    steps: tuple[Refine, ...]
    """Refiners that were opened."""
    later: "MaskWriter | None"
    """The others, for processes of the CPU."""
    device: torch.device

    @property
    def writer(self) -> "MaskWriter | None":
        """See `ItemWorker`."""
        return self.later

    def load(self, record: Record) -> NDArray[np.uint8]:
        """Decode the image."""
        return read_image(self.index.image_path(record))

    def compute(self, batch: Sequence[NDArray[np.uint8]]) -> list[ImageAndMaps]:
        """Return the scores of all labels after the refiners that were opened, on the CPU."""
        return refined(self.seen(batch), self.steps)

    def seen(self, batch: Sequence[NDArray[np.uint8]]) -> list[ImageAndMaps]:
        """Return the network's probabilities of all labels, on the device."""
        normalise = self.stage.segmenter.normalisation(self.stage.classifier.normalisation)
        images = torch.stack([normalise(image) for image in batch]).to(self.device)
        with torch.no_grad():
            merged = self.stage.views(self.network, images.contiguous(memory_format=torch.channels_last))
        size = Size(height=images.shape[-2], width=images.shape[-1])
        labels = torch.arange(merged.shape[1], device=self.device)
        maps = [ScoreMaps(labels=labels, scores=scores, size=size) for scores in merged]
        return list(zip(batch, maps, strict=True))

    def write(self, path: Path, result: ImageAndMaps) -> None:
        """Decide and write."""
        write_decided(path, result)


@dataclass(frozen=True, kw_only=True)
class MaskWriter:
    """Refines, decides and writes, in processes of its own: pydensecrf, for one, lets no other thread run beside it."""

    job: Job
    refiners: tuple[Refiner, ...]

    def open(self) -> Write:
        """Open the refiners on the CPU."""
        steps = opened(self.refiners, job=self.job, device=torch.device("cpu"))

        def write(path: Path, result: ImageAndMaps) -> None:
            write_decided(path, *refined([result], steps))

        return write


def opened(refiners: Sequence[Refiner], *, job: Job, device: torch.device) -> tuple[Refine, ...]:
    """Open refiners, each on the device or, where that does not serve it, on the CPU."""
    cpu = torch.device("cpu")
    return tuple(refiner.open(job.folders(), device if refiner.on_device else cpu) for refiner in refiners)


def refined(results: Sequence[ImageAndMaps], steps: Sequence[Refine]) -> list[ImageAndMaps]:
    """Apply opened refiners, and return the maps to the CPU."""
    images, every = [image for image, _ in results], [maps for _, maps in results]
    for step in steps:
        every = step(images, every)
    return [(image, maps.to("cpu")) for image, maps in zip(images, every, strict=True)]


def write_decided(path: Path, result: ImageAndMaps) -> None:
    """Write the mask of the strongest labels."""
    write_mask(path, Argmax()(result[1]))
