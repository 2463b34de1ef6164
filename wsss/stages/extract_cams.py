"""extract_cams: one image in, the maps of its own classes out, at stride 4 and without a background."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.cams.base import CAMMethod
from wsss.data.images import read_image
from wsss.data.index import Index, Record
from wsss.engine.map import Map, by_size
from wsss.engine.shard import ItemWorker
from wsss.engine.stage import Job
from wsss.models.classifier import ClassifierOptions
from wsss.stages.heads import Heads, MapNetwork
from wsss.stages.train_classifier import load_classifier
from wsss.store.files import SCORES, write_scores
from wsss.types import ScoreMaps
from wsss.views.base import Views

Seen = tuple[Record, NDArray[np.uint8]]


@dataclass(frozen=True, kw_only=True)
class ExtractCams(Map):
    """Ask a CAM method, through its views, for all labels of every image."""

    roles: ClassVar[tuple[str, ...]] = ("index", "classifier")
    suffix: ClassVar[str] = SCORES

    classifier: ClassifierOptions
    cam: CAMMethod
    views: Views
    heads: Heads | None = None
    """What stands above the backbone, where it is not the classifier's own head."""
    batch_size: int = 4
    """Images of one size that share a forward pass; every view of them is as large again."""

    def check(self) -> None:
        """Also refuse a method that does not fit the classifier."""
        super().check()
        self.cam.check(self.heads.outline(self.classifier) if self.heads else self.classifier.outline())

    def needed_roles(self) -> tuple[str, ...]:
        """Also what the heads read."""
        return (*self.roles, *(self.heads.needs if self.heads else ()))

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Group images of one size, so that they can be stacked."""
        return by_size(index.union(self.splits), limit=self.batch_size)

    def open(self, job: Job, device: torch.device) -> "CamExtractor":
        """Load the trained classifier."""
        network = self.heads.open(self.classifier, job) if self.heads else load_classifier(job, self.classifier)
        network = network.to(device).to(memory_format=torch.channels_last)
        return CamExtractor(stage=self, index=job.index(), network=network, device=device)


@dataclass(frozen=True, kw_only=True)
class CamExtractor(ItemWorker[Seen, ScoreMaps]):
    """An opened `ExtractCams`."""

    stage: ExtractCams
    index: Index
    network: MapNetwork
    device: torch.device

    def load(self, record: Record) -> Seen:
        """Decode the image."""
        return record, read_image(self.index.image_path(record))

    def compute(self, batch: Sequence[Seen]) -> list[ScoreMaps]:
        """Return the maps, on the CPU."""
        normalise = self.stage.classifier.normalisation
        images = torch.stack([normalise(image) for _, image in batch]).to(self.device)
        with torch.no_grad():
            maps = self.stage.views(
                self.stage.cam,
                self.network,
                images=images.contiguous(memory_format=torch.channels_last),
                classes=[record.classes for record, _ in batch],
            )
        return [each.to("cpu") for each in maps]

    def write(self, path: Path, result: ScoreMaps) -> None:
        """Write the maps."""
        write_scores(path, result)
