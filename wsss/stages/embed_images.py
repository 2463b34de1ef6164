"""embed_images: one image in, the means of its last maps out, by which audits compare images."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wsss.data.index import Index, Record
from wsss.data.transforms import EvalTransform
from wsss.engine.batch import Batch, Compute
from wsss.engine.map import Map, check_batch_size
from wsss.engine.stage import Job
from wsss.errors import ConfigError, ModelError
from wsss.models.base import Network, NetworkOptions, PlannedNetworks
from wsss.models.gap import GAPClassifier, with_backbone
from wsss.store.kinds import EMBEDDINGS, INDEX, NETWORK, Kind
from wsss.types import Images


@final
@dataclass(frozen=True, kw_only=True)
class EmbedImages(Map):
    """Show every image to a network as a square, and keep the mean of each channel of its last maps.

    Without `network` it is the trained classifier that is read as `classifier`. One that learnt from these images has
    learnt their labels too: judge labels by a network that did not.
    """

    makes: ClassVar[Kind] = EMBEDDINGS
    needs_images: ClassVar[bool] = True
    items_stand_alone: ClassVar[bool] = True

    network: NetworkOptions | None = None
    """A backbone with its first weights."""
    transform: EvalTransform = field(default_factory=EvalTransform)
    splits: tuple[str, ...] = ()
    """None: all that there are."""
    batch_size: int = 8

    def __post_init__(self) -> None:
        check_batch_size(self.batch_size)

    def check(self) -> None:
        """Also refuse two networks or none, and one that cannot be had or that does not pool the maps of a backbone."""
        super().check()
        if (self.network is None) == ("classifier" not in self.inputs):
            raise ConfigError(["network: choose a backbone, or null and reads.classifier: one of both"])
        if self.network is not None:
            self.network.check()
            with_backbone(self.network.outline())

    def needed_roles(self) -> Mapping[str, Kind]:
        """Return what is read: a classifier only where no network is given."""
        return {"index": INDEX} if self.network is not None else {"index": INDEX, "classifier": NETWORK}

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse a classifier that does not pool the maps of a backbone."""
        if self.network is None:
            with_backbone(read["classifier"].options.outline())

    def check_index(self, index: Index) -> None:
        """Refuse a split that is not there."""
        index.union(self.splits)

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Group images as they come: all are shown at one size."""
        records = index.union(self.splits or index.splits)
        return [records[i : i + self.batch_size] for i in range(0, len(records), self.batch_size)]

    def opened(self, job: Job) -> Network:
        """Build the network, or load the classifier."""
        if self.network is None:
            return job.network("classifier")
        classes = job.index().classes
        module = self.network.build(classes).eval()
        return Network(module=module, classes=classes, normalisation=self.network.normalisation, options=self.network)

    def open(self, job: Job, device: torch.device) -> Compute:
        """Return what embeds a batch."""
        network = self.opened(job)
        module = with_backbone(network.module).to(device).to(memory_format=torch.channels_last)

        def embed(batch: Batch) -> list[NDArray[np.float16]]:
            images = network.normalisation.of_images([self.transform(image) for image in batch.images], device=device)
            found = embeddings(module, images).cpu().numpy()
            if not np.isfinite(found).all():
                raise ModelError(f"{_name(module)}: its last maps hold numbers that float16 does not: choose another")
            return list(found)

        return embed


def embeddings(network: GAPClassifier, images: Images) -> torch.Tensor:
    """Return the mean of each channel of the last maps, `[b d]` in float16."""
    with torch.no_grad():
        cut = network.until("last", images.contiguous(memory_format=torch.channels_last))
    return cut.maps.float().mean(dim=(2, 3)).half()


def _name(network: nn.Module) -> str:
    return type(network).__name__
