"""train_representatives: binary classifiers, each of which tells a class from one of its representatives."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, final

from torch import nn

from wsss.data.datasets import BinaryData, ClassifierData
from wsss.data.index import Index, Record
from wsss.engine.fit import Fit, clear_checkpoints, write_weights
from wsss.engine.stage import Job
from wsss.methods.representatives.choose import read_representatives, shown
from wsss.methods.representatives.network import Representatives, apart
from wsss.methods.representatives.options import OwnRepresentativesFit, RepresentativesFit
from wsss.models.classifier import ClassifierOptions, GAPClassifier
from wsss.models.freezing import freeze_parameters
from wsss.stages.train_classifier import load_classifier
from wsss.store.kinds import CHOICE, INDEX, NETWORK, Kind
from wsss.store.store import Artifact

if TYPE_CHECKING:  # Lightning takes seconds to import, and a plan does not need it
    from wsss.methods.representatives.module import OwnPairsModule, SharedPairsModule
    from wsss.training.data import KeyedDataModule
    from wsss.training.module import KeyedModule


@dataclass(frozen=True, kw_only=True)
class FitBinary(Fit):
    """Train binary classifiers on the trained classifier's backbone (Meng et al., 2019), reconstructed."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK, "representatives": CHOICE}

    classifier: ClassifierOptions

    def representatives(self, job: Job) -> Representatives:
        """Return the representatives that were chosen."""
        return read_representatives(job.inputs["representatives"], job.index().classes)


@final
@dataclass(frozen=True, kw_only=True)
class TrainRepresentatives(FitBinary):
    """The cheap way: one frozen backbone, and a head of two logits for each pair; all pairs learn from every batch."""

    fit: RepresentativesFit

    def module(self, job: Job) -> "SharedPairsModule":
        """Take the trained backbone, and new heads."""
        from wsss.methods.representatives.module import SharedPairsModule, side_weights  # noqa: PLC0415 - see above

        index, pairs = job.index(), self.representatives(job).pairs
        present = shown(index, split=self.train_split)
        return SharedPairsModule(
            network=GAPClassifier(load_classifier(job, self.classifier).backbone, classes=2 * len(pairs)),
            fit=self.fit,
            random_seed=self.random_seed,
            pairs=pairs,
            weights=side_weights(apart(present), pairs, images=len(present)),
        )

    def data(self, job: Job) -> "KeyedDataModule":
        """Augmented training images."""
        index = job.index()
        train = ClassifierData(
            index=index,
            records=index.split(self.train_split),
            transform=self.fit.transform,
            normalisation=self.classifier.normalisation,
            random_seed=self.random_seed,
        )
        return self.data_module(train=train, val=None)


@final
@dataclass(frozen=True, kw_only=True)
class TrainOwnRepresentatives(FitBinary):
    """The faithful way: a whole network for each pair. With C classes and R representatives there are up to C x R."""

    fit: OwnRepresentativesFit

    def check(self) -> None:
        """Also refuse a block that the backbone does not have."""
        super().check()
        if self.fit.frozen_until is not None:
            self.classifier.outline().trained_paths_until(self.fit.frozen_until)

    def check_index(self, index: Index) -> None:
        """Refuse a split that is not there; how many images there are does not matter, since they are drawn."""
        index.split(self.train_split)

    def epochs(self, job: Job) -> int:
        """Return the epochs of all pairs."""
        return self.fit.epochs * len(self.representatives(job).pairs)

    def module(self, job: Job) -> "OwnPairsModule":
        """Take the trained backbone as every pair's first weights."""
        from wsss.methods.representatives.module import OwnPairsModule  # noqa: PLC0415 - see above

        network = GAPClassifier(load_classifier(job, self.classifier).backbone, classes=2)
        if self.fit.frozen_until is not None:
            freeze_parameters(network.backbone, paths=network.trained_paths_until(self.fit.frozen_until))
        pairs = self.representatives(job).pairs
        return OwnPairsModule(
            network=network,
            fit=self.fit,
            random_seed=self.random_seed,
            pairs=len(pairs),
            keep=partial(keep_pair, artifact=job.artifact, pairs=pairs),
        )

    def data(self, job: Job) -> "KeyedDataModule":
        """Augmented images, drawn for one pair after the other."""
        index = job.index()
        records = index.split(self.train_split)
        train = BinaryData(
            index=index,
            sides=[sides(records, pair) for pair in self.representatives(job).pairs],
            epochs=self.fit.epochs,
            images=self.fit.images,
            transform=self.fit.transform,
            normalisation=self.classifier.normalisation,
            random_seed=self.random_seed,
        )
        return self.data_module(train=train, val=None)

    def keep(self, module: "KeyedModule", artifact: Artifact) -> None:
        """Every network was written when its pair was finished."""
        del module
        clear_checkpoints(artifact)


def sides(records: tuple[Record, ...], pair: tuple[int, int]) -> tuple[list[Record], list[Record]]:
    """Return the images that show the first class of a pair and not the second, and the other way round."""
    first, second = (
        [record for record in records if own in record.classes and other not in record.classes]
        for own, other in (pair, pair[::-1])
    )
    return first, second


def pair_file(pair: tuple[int, int]) -> str:
    """Return the name of the file that holds a pair's own network."""
    return f"{pair[0]}-{pair[1]}.pt"


def keep_pair(position: int, network: nn.Module, *, artifact: Artifact, pairs: tuple[tuple[int, int], ...]) -> None:
    """Write a finished network."""
    write_weights(network, artifact, name=pair_file(pairs[position]))
