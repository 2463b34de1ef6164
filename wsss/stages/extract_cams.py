"""extract_cams: one image in, the maps of its own classes out, at stride 4 and without a background."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import nn

from wsss.cams.attention import AttentionCAM
from wsss.cams.base import CAMMethod
from wsss.data.index import Index, Record
from wsss.engine.asking import asking
from wsss.engine.batch import Batch, Compute
from wsss.engine.map import Map, by_size, check_batch_size
from wsss.engine.stage import Job
from wsss.errors import ConfigError, ModelError, one_of
from wsss.models.base import Network, PlannedNetworks
from wsss.models.token_affinity import TokenAffinity
from wsss.protocols import CutClassifier
from wsss.store.kinds import INDEX, NETWORK, RAW_MAPS, Kind
from wsss.training.trainer_options import Precision
from wsss.types import ScoreMaps
from wsss.views.base import Views


@dataclass(frozen=True, kw_only=True)
class ExtractCams(Map):
    """Ask a CAM method, through its views, for all labels of every image."""

    makes: ClassVar[Kind] = RAW_MAPS
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK}
    needs_images: ClassVar[bool] = True
    items_stand_alone: ClassVar[bool] = True

    cam: CAMMethod
    views: Views
    weights: str | None = None
    """Name of the network's weights, where it has several, such as the heads of ReCAM; null: those it answers by."""
    affinity: TokenAffinity | None = None
    """What a method carries maps along, in place of the network's own attention."""
    batch_size: int = 4
    """Images of one size that share a forward pass; every view of them is as large again."""
    precision: Precision = "32-true"
    """In which the network computes; maps are added up and kept in float32."""

    def __post_init__(self) -> None:
        check_batch_size(self.batch_size)

    def check(self) -> None:
        """Also refuse an affinity that cannot be had, and one that the method would not use."""
        super().check()
        if self.affinity is None:
            return
        if not isinstance(self.cam, AttentionCAM):
            problem = f"affinity: {type(self.cam).__name__} does not carry maps along an affinity"
            raise ConfigError([f"{problem}: use cam=caa or cam=adcam, or leave the affinity out"])
        self.affinity.check()

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse a network that the method does not fit, and weights that it will not have."""
        network = read["classifier"]
        if self.weights is not None and self.weights not in network.weights:
            raise ConfigError([f"weights: there are no {self.weights!r}; there are: {one_of(network.weights)}"])
        outline = as_cut(network.options.outline())
        self.cam.check(outline if self.affinity is None else self.affinity.outlined(outline))

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Group images of one size, so that they can be stacked."""
        return by_size(index.union(self.splits), limit=self.batch_size)

    def network(self, job: Job, device: torch.device) -> Network:
        """Load the trained network, onto a device, and what relates its cells beside it."""
        trained = job.network("classifier", weights=self.weights)
        if self.affinity is not None:
            beside = self.affinity.beside(as_cut(trained.module), normalisation=trained.normalisation)
            trained = replace(trained, module=beside)
        return replace(trained, module=trained.module.to(device).to(memory_format=torch.channels_last))

    def open(self, job: Job, device: torch.device) -> Compute:
        """Load the network."""
        network = self.network(job, device)
        return lambda batch: self.maps(network, batch, device=device)

    def maps(self, network: Network, batch: Batch, *, device: torch.device) -> list[ScoreMaps]:
        """Return the maps of each image's own classes, on the CPU."""
        images = network.normalisation.of_images(batch.images, device=device)
        with asking(device, precision=self.precision, gradients=self.cam.differentiates):
            maps = self.views(
                self.cam,
                as_cut(network.module),
                images=images,
                classes=[record.classes for record in batch.records],
            )
        return [each.to("cpu") for each in maps]


def as_cut(network: nn.Module) -> CutClassifier:
    """Return a network as one that maps can be read from; raises `ModelError` for another one."""
    if not isinstance(network, CutClassifier):
        raise ModelError(f"reads.classifier: a {type(network).__name__} cannot be cut, so that no maps come from it")
    return network
