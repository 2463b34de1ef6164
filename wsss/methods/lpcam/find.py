"""find_prototypes: vectors of each class's parts and surroundings, from the last maps of all training images."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from wsss.data.index import Index
from wsss.engine.progress import bar
from wsss.engine.stage import Job, Reduce
from wsss.errors import ConfigError
from wsss.labels import label_of
from wsss.methods.lpcam.clusters import centres, parts, share_of, surroundings
from wsss.methods.lpcam.network import PrototypeClassifier, PrototypeOptions
from wsss.models.base import LAST, Network, PlannedNetwork, PlannedNetworks
from wsss.models.gap import with_backbone
from wsss.resample import resample
from wsss.store.kinds import INDEX, NETWORK, RAW_MAPS, Kind
from wsss.store.networks import WEIGHTS, NetworkRecord, write_record, write_weights
from wsss.types import MAP_STRIDE, ScoreMaps
from wsss.views.base import pad_to_multiple, scaled

SIDES: Final = ("parts", "surroundings")
"""Of a class: where its maps are, and where they are not."""
Sides = tuple[Float[Tensor, "n d"], Float[Tensor, "q d"]]
"""Vectors of cells inside of a class's maps, and outside."""


@final
@dataclass(frozen=True, kw_only=True)
class FindPrototypes(Reduce):
    """Cluster the cells of each class's images, in what its maps cover and in the rest (LPCAM, Chen and Sun, 2023).

    What comes out is the classifier, unchanged, with the prototypes that `cam=lpcam` compares cells with. Departures
    from the authors' code: k-means runs until it is done and takes a number of cells of each class, since all cells of
    COCO's persons fit no memory, and a class of which no cluster is a part for certain keeps the most certain one.
    """

    makes: ClassVar[Kind] = NETWORK
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK, "maps": RAW_MAPS}

    clusters: int = 12
    """Clusters inside of a class's maps, and as many outside."""
    threshold: float = 0.1
    """Score of the maps from which a cell is inside."""
    part: float = 0.9
    """Share of the class in the classifier's softmax, above which a cluster inside is one of its parts."""
    context: float = 0.05
    """Share above which, and below `part`, a cluster outside is what surrounds the class."""
    scale: float = 1.0
    """Of the images that cells are taken from."""
    cells: int = 10_000
    """Cells of each class and side, at most: memory and time. Every image gives its share of them, drawn by chance."""
    random_seed: int = 0
    split: str = "train"

    def check(self) -> None:
        """Also refuse numbers that find nothing."""
        super().check()
        if min(self.clusters, self.cells) < 1 or self.scale <= 0:
            numbers = f"{self.clusters}, {self.cells} and {self.scale}"
            raise ConfigError([f"clusters, cells and scale must be positive, got {numbers}"])
        if not 0 <= self.context <= self.part <= 1:
            raise ConfigError([f"it must be 0 <= context <= part <= 1, got {self.context} and {self.part}"])

    def check_index(self, index: Index) -> None:
        """Refuse a split that is not there."""
        index.split(self.split)

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse a network without a linear head on pooled maps."""
        with_backbone(read["classifier"].options.outline())

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=self._options(read["classifier"]))

    def run(self, job: Job) -> dict[str, Any]:
        """Find the prototypes of every class, and keep them with the network."""
        index, trained = job.index(), job.network("classifier")
        options = self._options(trained)
        network = options.on(trained.module.to(self.runtime.torch_device()), classes=len(index.classes))
        with bar(job.artifact.stage, total=len(index.classes), unit="classes") as advance:
            for cls in range(len(index.classes)):
                self._tell(network, job, trained, cls=cls)
                advance()
        write_weights(network.state_dict(), job.artifact)
        record = NetworkRecord(
            options=options,
            classes=index.classes,
            normalisation=trained.normalisation,
            weights={LAST: (WEIGHTS,)},
        )
        write_record(job.artifact, record)
        counts = network.get_buffer("used").sum(dim=2).tolist()
        return {side: dict(zip(index.classes, row, strict=True)) for side, row in zip(SIDES, counts, strict=True)}

    def _options(self, classifier: "Network | PlannedNetwork") -> PrototypeOptions:
        return PrototypeOptions(classifier=classifier.options, clusters=self.clusters)

    def _tell(self, network: PrototypeClassifier, job: Job, trained: Network, *, cls: int) -> None:
        """Put the prototypes of a class into the network."""
        for side, cells in enumerate(self._sides(job, trained, cls=cls)):
            found = centres(cells, count=self.clusters, random_seed=self.random_seed)
            if len(found):
                share = share_of(found, weight=network.head_weight.detach().cpu(), cls=cls)
                used = parts(share, least=self.part), surroundings(share, least=self.context, below=self.part)
                network.tell(cls, side=side, vectors=found, used=used[side])

    def _sides(self, job: Job, trained: Network, *, cls: int) -> Sides:
        """Return the cells of a class's images: inside of its maps, and outside."""
        index, items = job.index(), job.items("maps", RAW_MAPS)
        records = [record for record in index.split(self.split) if cls in record.classes]
        most = -(-self.cells // max(1, len(records)))
        generator = torch.Generator().manual_seed(self.random_seed)
        none = torch.zeros(0, with_backbone(trained.module).channels)
        inside, outside = [none], [none]
        for record in records:
            cells, scores = self._cells(trained, index.pixels(record), maps=items.read(record), cls=cls)
            for side, chosen in ((inside, scores > self.threshold), (outside, scores < self.threshold)):
                side.append(drawn(cells[chosen], most=most, generator=generator))
        return torch.cat(inside)[: self.cells], torch.cat(outside)[: self.cells]

    @torch.no_grad()
    def _cells(
        self, trained: Network, image: UInt8[np.ndarray, "h w 3"], *, maps: ScoreMaps, cls: int
    ) -> tuple[Float[Tensor, "n d"], Float[Tensor, " n"]]:
        """Return the last maps' cells of an image, on the CPU, and the class's score at each cell's centre."""
        classifier, device = with_backbone(trained.module), self.runtime.torch_device()
        view = scaled(trained.normalisation(image)[None].to(device), self.scale)
        seen = classifier.until("last", pad_to_multiple(view, multiple=classifier.stride)).maps[0].float()
        (score,) = maps.scores[maps.labels == label_of(cls)]
        # How many cells of the network a cell of the maps covers; what lies beyond the image is padding.
        stride = [
            MAP_STRIDE * new / old / classifier.stride
            for new, old in zip(view.shape[-2:], image.shape[:2], strict=True)
        ]
        inside = [math.ceil(side / classifier.stride) for side in view.shape[-2:]]
        scores = resample(score, stride=(stride[0], stride[1]), size=(inside[0], inside[1]))
        return seen[:, : inside[0], : inside[1]].flatten(1).T.cpu(), scores.flatten()


def drawn(cells: Float[Tensor, "n d"], *, most: int, generator: torch.Generator) -> Float[Tensor, "m d"]:
    """Return at most so many of the cells, drawn without replacement, in their order."""
    if len(cells) <= most:
        return cells
    return cells[torch.randperm(len(cells), generator=generator)[:most].sort().values]
