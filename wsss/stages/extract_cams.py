"""extract_cams: one image in, the maps of its own classes out, at stride 4 and without a background."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch

from wsss.cams.base import CAMMethod
from wsss.data.index import Index, Record
from wsss.engine.batch import Batch, Compute
from wsss.engine.map import Map, by_size
from wsss.engine.stage import Job
from wsss.models.classifier import ClassifierOptions
from wsss.stages.heads import Heads, MapNetwork
from wsss.stages.train_classifier import load_classifier
from wsss.store.kinds import INDEX, NETWORK, RAW_MAPS, Kind
from wsss.types import ScoreMaps
from wsss.views.base import Views


@dataclass(frozen=True, kw_only=True)
class ExtractCams(Map):
    """Ask a CAM method, through its views, for all labels of every image."""

    makes: ClassVar[Kind] = RAW_MAPS
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK}
    needs_images: ClassVar[bool] = True

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

    def needed_roles(self) -> Mapping[str, Kind]:
        """Also what the heads read."""
        return {**self.roles, **(self.heads.needs if self.heads else {})}

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Group images of one size, so that they can be stacked."""
        return by_size(index.union(self.splits), limit=self.batch_size)

    def network(self, job: Job, device: torch.device) -> MapNetwork:
        """Load the trained classifier, or what its other heads make of it."""
        network = self.heads.open(self.classifier, job) if self.heads else load_classifier(job, self.classifier)
        return network.to(device).to(memory_format=torch.channels_last)

    def open(self, job: Job, device: torch.device) -> Compute:
        """Load the network."""
        network = self.network(job, device)
        return lambda batch: self.maps(network, batch, device=device)

    def maps(self, network: MapNetwork, batch: Batch, *, device: torch.device) -> list[ScoreMaps]:
        """Return the maps of each image's own classes, on the CPU."""
        images = torch.stack([self.classifier.normalisation(image) for image in batch.images]).to(device)
        with torch.no_grad():
            maps = self.views(
                self.cam,
                network,
                images=images.contiguous(memory_format=torch.channels_last),
                classes=[record.classes for record in batch.records],
            )
        return [each.to("cpu") for each in maps]
