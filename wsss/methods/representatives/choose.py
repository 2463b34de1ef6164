"""choose_representatives: a few other classes for every class, which it will be told apart from."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, final

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from wsss.data.index import Index, Record
from wsss.data.transforms import EvalTransform
from wsss.engine.processes import world
from wsss.engine.progress import bar
from wsss.engine.stage import Job, Reduce
from wsss.errors import ConfigError
from wsss.methods.representatives.network import candidates, choose
from wsss.models.base import PlannedNetworks
from wsss.models.gap import with_backbone
from wsss.models.normalisation import Normalisation
from wsss.store.kinds import CHOICE, INDEX, NETWORK, Kind
from wsss.store.store import ITEMS, Artifact
from wsss.store.texts import write_json

CHOSEN: Final = "representatives.json"
BATCH: Final = 8
"""Images that share a forward pass."""


@final
@dataclass(frozen=True, kw_only=True)
class ChooseRepresentatives(Reduce):
    """Choose representative classes (Meng et al., 2019), reconstructed, by what the classifier makes of their images.

    A class's descriptor is the mean of the pooled features of its images: of those that show nothing else where there
    are any, of all others. The reconstruction that we follow asks an ImageNet backbone; ours is the trained one.
    """

    makes: ClassVar[Kind] = CHOICE
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK}

    count: int = 4
    """Representatives of a class: training and extraction take that many times as long."""
    images: int = 100
    """Images of a class that its descriptor is the mean of, at most: the first ones."""
    transform: EvalTransform = field(default_factory=EvalTransform)
    random_seed: int = 0
    split: str = "train"

    def check(self) -> None:
        """Also refuse numbers that choose nothing."""
        super().check()
        if self.count < 1 or self.images < 1:
            raise ConfigError([f"count and images must be at least 1, got {self.count} and {self.images}"])

    def check_index(self, index: Index) -> None:
        """Refuse more representatives than a class has others that it can be told apart from."""
        least, cls = min((len(own), c) for c, own in enumerate(candidates(shown(index, split=self.split))))
        if least < self.count:
            remedy = f"use at most {least}" if least else "add images of it, or take it out of `dataset.classes`"
            whom = f"{index.classes[cls]!r} can be told apart from {least} other classes by its images"
            raise ConfigError([f"count: {self.count} representatives are asked for, but {whom}: {remedy}"])

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse a network that cannot be cut before its pooling."""
        with_backbone(read["classifier"].options.outline())

    def run(self, job: Job) -> dict[str, Any]:
        """Write the names of every class's representatives."""
        index = job.index()
        among = candidates(shown(index, split=self.split))
        found = choose(self._descriptors(job), among=among, count=self.count, random_seed=self.random_seed)
        names = {index.classes[c]: [index.classes[r] for r in others] for c, others in enumerate(found.of)}
        job.artifact.items.mkdir(parents=True, exist_ok=True)
        write_json(job.artifact.items / CHOSEN, names)
        return {"pairs": len(found.pairs)}

    @torch.no_grad()
    def _descriptors(self, job: Job) -> Float[np.ndarray, "c d"]:
        index, device = job.index(), self.runtime.torch_device()
        trained = job.network("classifier")
        network = with_backbone(trained.module).to(device).to(memory_format=torch.channels_last)
        described = [typical(index.split(self.split), cls=c)[: self.images] for c in range(len(index.classes))]
        sums = np.zeros((len(described), network.channels))
        with bar(job.artifact.stage, total=sum(map(len, described)), unit="images") as advance:
            for cls, records in enumerate(described):
                for images in self._batches(index, records, normalisation=trained.normalisation):
                    pooled = network.until("last", images.to(device)).maps.float().mean(dim=(2, 3))
                    sums[cls] += pooled.cpu().double().sum(dim=0).numpy() / len(records)
                    advance(len(images))
        return sums

    def _batches(
        self, index: Index, records: Sequence[Record], *, normalisation: Normalisation
    ) -> Iterator[Float[Tensor, "b 3 s s"]]:
        def read(record: Record) -> Float[Tensor, "3 s s"]:
            return normalisation(self.transform(index.pixels(record)))

        with ThreadPoolExecutor(world().cores) as pool:
            for start in range(0, len(records), BATCH):
                yield torch.stack(list(pool.map(read, records[start : start + BATCH])))


def shown(index: Index, *, split: str) -> Bool[np.ndarray, "n c"]:
    """Return which classes each image of a split shows."""
    records = index.split(split)
    present = np.zeros((len(records), len(index.classes)), dtype=bool)
    for row, record in zip(present, records, strict=True):
        row[list(record.classes)] = True
    return present


def typical(records: Sequence[Record], *, cls: int) -> tuple[Record, ...]:
    """Return the images that show a class and nothing else; where there are none, all that show it."""
    alone = tuple(record for record in records if record.classes == (cls,))
    return alone or tuple(record for record in records if cls in record.classes)


def read_representatives(artifact: Artifact) -> dict[str, tuple[str, ...]]:
    """Read what `choose_representatives` wrote: for every class the names of its representatives."""
    return artifact.table(f"{ITEMS}/{CHOSEN}", dict[str, tuple[str, ...]])
