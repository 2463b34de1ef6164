"""prompt_network: an image tower and a bank of words as a network that classifies, without any training."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, final

import numpy as np
import torch

from wsss.data.index import Index, Record
from wsss.engine.map import by_size
from wsss.engine.progress import bar
from wsss.engine.stage import Job, Stage
from wsss.errors import DataError, one_of
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.models.clip.prompted import PromptedClassifier
from wsss.models.clip.prompted_options import PromptedOptions
from wsss.models.clip.text_bank import TextBank, unit
from wsss.store.kinds import INDEX, NETWORK, Kind
from wsss.store.networks import WEIGHTS, NetworkRecord, write_record, write_weights

SCALE: Final = 100.0
"""Of cosines in CLIP's published networks."""
BATCH: Final = 8
"""Images that share a pass."""


@final
@dataclass(frozen=True, kw_only=True)
class PromptNetwork(Stage):
    """Keep a network whose classes are vectors: those of the bank, or class means of the images of `split`."""

    makes: ClassVar[Kind] = NETWORK
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX}

    network: PromptedOptions
    split: str = "train"

    def check(self) -> None:
        """Also refuse a tower, weights or a bank that are not to be had, and a bank of another tower."""
        super().check()
        self.network.check()

    def check_index(self, index: Index) -> None:
        """Refuse a bank without one of the classes, and class means where a class has no image."""
        records = index.split(self.split)
        shown = {cls for record in records for cls in record.classes}
        missing = [name for cls, name in enumerate(index.classes) if cls not in shown]
        if self.network.read(index.classes) is None and missing:
            raise DataError(f"no image of split {self.split!r} shows {one_of(missing)}: name a bank of text vectors")

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=self.network)

    def run(self, job: Job) -> dict[str, Any]:
        """Build the network, tell it its vectors, and keep it."""
        index = job.index()
        bank = self.network.read(index.classes) or self._means(index)
        options = self.network.told(bank.backgrounds)
        network = options.skeleton(index.classes)
        network.load_state_dict(self._started(index.classes, prompts=bank.backgrounds).state_dict())
        network.tell(torch.from_numpy(bank.vectors), scale=bank.scale)
        write_weights(network.state_dict(), job.artifact)
        record = NetworkRecord(
            options=options,
            classes=index.classes,
            normalisation=options.normalisation,
            weights={"last": (WEIGHTS,)},
        )
        write_record(job.artifact, record)
        parameters = sum(parameter.numel() for parameter in network.parameters())
        return {"parameters": parameters, "prompts": list(bank.backgrounds)}

    def _started(self, classes: tuple[str, ...], *, prompts: tuple[str, ...]) -> PromptedClassifier:
        torch.manual_seed(0)  # of weights=none
        return self.network.told(prompts).build(classes)

    def _means(self, index: Index) -> TextBank:
        """Return the mean embedding of each class's images, and that of all images as the background."""
        device = self.runtime.torch_device()
        network = self._started(index.classes, prompts=()).eval().to(device)
        records = index.split(self.split)
        found: dict[str, np.ndarray] = {}
        with bar("prompt_network", total=len(records), unit="images") as advance:
            for batch in by_size(records, limit=BATCH):
                found |= zip([each.id for each in batch], self._embedded(network, batch, index=index), strict=True)
                advance(len(batch))
        rows = [_mean(found, [each for each in records if cls in each.classes]) for cls in range(len(index.classes))]
        vectors = unit(np.stack([*rows, _mean(found, records)]))
        return TextBank(classes=index.classes, backgrounds=("all images",), vectors=vectors, scale=SCALE)

    def _embedded(self, network: PromptedClassifier, batch: tuple[Record, ...], *, index: Index) -> list[np.ndarray]:
        normalise = self.network.normalisation
        images = torch.stack([normalise(index.pixels(record)) for record in batch])
        with torch.no_grad():
            return list(network.embeddings(images.to(next(network.parameters()).device)).cpu().numpy())


def _mean(found: Mapping[str, np.ndarray], records: Iterable[Record]) -> np.ndarray:
    mean: np.ndarray = np.stack([found[record.id] for record in records]).mean(axis=0)
    return mean
