"""predict_masks: images in, the segmentation network's masks out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Final, final

import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray
from torch import Tensor, nn

from wsss.data.index import Index, Record
from wsss.engine.asking import asking
from wsss.engine.batch import Compute
from wsss.engine.log import logger
from wsss.engine.map import Map, by_size, check_batch_size
from wsss.engine.refining import needs_of, reads_items
from wsss.engine.stage import Job
from wsss.errors import ConfigError, ModelError
from wsss.labels import IGNORE
from wsss.masks import Argmax
from wsss.models.base import PlannedNetworks
from wsss.models.normalisation import Normalisation
from wsss.protocols import Segments
from wsss.refine.base import Refine, Refiner, background_problems
from wsss.store.kinds import INDEX, MASKS, NETWORK, Kind
from wsss.training.trainer_options import Precision
from wsss.types import Images, ScoreMaps, Size
from wsss.views.segmentation import SegmentationViews

Pixels = NDArray[np.uint8]
ONLY_STORED: Final = "it reads what a stage made of each image, which new images do not have: leave it out here"
Later = Callable[[], Pixels]
"""Makes a mask when it is called."""


@dataclass(frozen=True, kw_only=True)
class Predicting(Map):
    """A stage that asks the trained segmentation network about every image."""

    gives_background: ClassVar[bool] = True
    """Whether refiners get the background's scores with those of the classes."""
    makes: ClassVar[Kind] = MASKS
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "segmenter": NETWORK}
    needs_images: ClassVar[bool] = True
    items_stand_alone: ClassVar[bool] = True

    views: SegmentationViews = field(default_factory=SegmentationViews)
    refine: dict[str, Refiner] = field(default_factory=dict)
    batch_size: int = 4
    precision: Precision = "32-true"
    """In which the network computes; logits are merged in float32."""

    def __post_init__(self) -> None:
        check_batch_size(self.batch_size)

    def check(self) -> None:
        """Also refuse no split, refiners without a background or with two, and those that cannot work here."""
        super().check()
        if not self.splits:
            raise ConfigError(["splits must name one split or more, such as [val]; got none"])
        if problems := background_problems(self.refine, key="refine", given=self.gives_background):
            raise ConfigError(problems)
        if stored := [f"refine.{name}: {ONLY_STORED}" for name, each in self.refine.items() if reads_items(each)]:
            raise ConfigError(stored)
        for refiner in self.refine.values():
            refiner.check()

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse a network that does not segment, and networks that do not serve the refiners."""
        as_segments(read["segmenter"].options.outline())
        for refiner in self.refine.values():
            refiner.check_inputs(read)

    def needed_roles(self) -> Mapping[str, Kind]:
        """Also what the refiners read."""
        return {**self.roles, **needs_of(self.refine.values())}

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Group images of one size, so that they can be stacked."""
        return by_size(index.union(self.splits), limit=self.batch_size)

    def predictor(self, job: Job, device: torch.device) -> "MaskPredictor":
        """Load the trained network, to be asked for any image."""
        trained = job.network("segmenter")
        network = as_segments(trained.module.to(device).to(memory_format=torch.channels_last))
        refine = tuple(self._opened(refiner, job=job, device=device) for refiner in self.refine.values())
        return MaskPredictor(
            network=network,
            normalisation=trained.normalisation,
            views=self.views,
            refine=refine,
            device=device,
            precision=self.precision,
        )

    def _opened(self, refiner: Refiner, *, job: Job, device: torch.device) -> Refine:
        place = device if refiner.on_device else torch.device("cpu")
        logger.info("on %s: %r", place, refiner.resolved(place))
        return refiner.open(job.opened(refiner.needs), place)


@final
@dataclass(frozen=True, kw_only=True)
class PredictMasks(Predicting):
    """Merge several scales and mirror images; `refine` may put a CRF behind, and is empty by default."""

    def open(self, job: Job, device: torch.device) -> Compute:
        """Load the trained network; without a refiner it decides on the device, which labels alone leave."""
        predictor = self.predictor(job, device)
        if not self.refine:
            return lambda batch: predictor.decided(batch.images)
        return lambda batch: predictor.masks(batch.images, predictor.maps(batch.images))


def as_segments(network: nn.Module) -> Segments:
    """Return a network as one that labels pixels; raises `ModelError` for another one."""
    if not isinstance(network, Segments):
        raise ModelError(f"reads.segmenter: a {type(network).__name__} does not segment: let it be train_segmenter")
    return network


@dataclass(frozen=True, kw_only=True)
class MaskPredictor:
    """The trained network with its views and refiners, for any image."""

    network: Segments
    normalisation: Normalisation
    views: SegmentationViews
    refine: tuple[Refine, ...]
    device: torch.device
    precision: Precision = "32-true"

    def maps(self, images: Sequence[Pixels]) -> list[ScoreMaps]:
        """Return the probabilities of all labels, on the CPU, for images of one size."""
        # By way of NumPy, without a copy: refiners may write into it, which torch forbids of what inference mode made.
        merged = torch.from_numpy(self._asked(images, self.views).cpu().numpy())
        size = Size(height=merged.shape[-2], width=merged.shape[-1])
        labels = torch.arange(merged.shape[1])
        return [ScoreMaps(labels=labels, scores=scores, size=size) for scores in merged]

    def decided(self, images: Sequence[Pixels]) -> list[Later]:
        """Return each image's strongest label at every pixel, for images of one size, without any refiner.

        The device goes on with the next batch while they are fetched from it.
        """
        labels = self._asked(images, self.views.strongest)
        return [partial(_fetched, each) for each in labels]

    def _asked(self, images: Sequence[Pixels], views: Callable[[Callable[[Images], Tensor], Images], Tensor]) -> Tensor:
        """Return what some views make of the network's answers, on the device."""
        with asking(self.device, precision=self.precision):
            return views(self.network.segment, self.normalisation.of_images(images, device=self.device))

    def refined(self, image: Pixels, maps: ScoreMaps) -> ScoreMaps:
        """Apply every refiner to the maps of an image; they return to the CPU."""
        every = [maps]
        for step in self.refine:
            every = step([image], every)
        return every[0].to("cpu")

    def masks(self, images: Sequence[Pixels], maps: Sequence[ScoreMaps]) -> list[Later]:
        """Return what refines and decides each image; most refiners are bound to the CPU."""
        return [partial(self._mask, image, each) for image, each in zip(images, maps, strict=True)]

    def _mask(self, image: Pixels, maps: ScoreMaps) -> Pixels:
        return Argmax()(self.refined(image, maps))


def _fetched(labels: UInt8[Tensor, "h w"]) -> Pixels:
    mask: Pixels = labels.cpu().numpy()
    if (mask == IGNORE).any():
        raise ValueError("the network's answer holds what is not a number")
    return mask
