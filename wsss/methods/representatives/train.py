"""train_representatives: binary classifiers, each of which tells a class from one of its representatives."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, final

from torch import nn

from wsss import training
from wsss.data.datasets import BinaryData
from wsss.data.index import Index, Record
from wsss.engine.fit import FitOnBackbone
from wsss.engine.stage import Job
from wsss.methods import representatives
from wsss.methods.representatives.choose import read_representatives, shown
from wsss.methods.representatives.network import BinaryOptions, Representatives, apart, leads
from wsss.methods.representatives.options import OwnRepresentativesFit, RepresentativesFit
from wsss.models.base import LAST, NetworkOptions, PlannedNetwork, PlannedNetworks
from wsss.models.gap import HEAD, gap_classifier, with_backbone
from wsss.store.kinds import CHOICE, INDEX, NETWORK, Kind
from wsss.store.networks import WEIGHTS, write_weights
from wsss.store.store import Artifact


@dataclass(frozen=True, kw_only=True)
class FitBinary(FitOnBackbone):
    """Train binary classifiers on the trained classifier's backbone (Meng et al., 2019), reconstructed."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK, "representatives": CHOICE}
    networks: ClassVar[Literal["shared", "own"]]
    """One network for all pairs, or one for each."""

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`; which classes are told apart is known when it runs."""
        return PlannedNetwork(options=self.options(read["classifier"].options, names={}))

    def options(self, classifier: NetworkOptions, *, names: dict[str, tuple[str, ...]]) -> BinaryOptions:
        """Return how the networks are built on a classifier's backbone, for the names of every class's others."""
        return BinaryOptions(classifier=classifier, representatives=names, networks=self.networks)

    def representatives(self, job: Job) -> Representatives:
        """Return the representatives that were chosen."""
        return Representatives.named(read_representatives(job.inputs["representatives"]), classes=job.index().classes)

    def describe_binary(self, job: Job, *, files: tuple[str, ...]) -> None:
        """Write which classes the networks in files tell apart."""
        names = read_representatives(job.inputs["representatives"])
        options = self.options(job.record("classifier").options, names=names)
        self.describe(job, weights={LAST: files}, options=options)


@final
@dataclass(frozen=True, kw_only=True)
class TrainRepresentatives(FitBinary):
    """The cheap way: one frozen backbone, and a head of two logits for each pair; all pairs learn from every batch."""

    networks: ClassVar[Literal["shared", "own"]] = "shared"

    fit: RepresentativesFit

    def module(self, job: Job) -> "representatives.SharedPairsModule":
        """Take the trained backbone, and new heads."""
        index, pairs = job.index(), self.representatives(job).pairs
        present = shown(index, split=self.train_split)
        return representatives.SharedPairsModule(
            network=gap_classifier(with_backbone(job.network("classifier").module).backbone, classes=2 * len(pairs)),
            fit=self.fit,
            random_seed=self.random_seed,
            pairs=pairs,
            weights=representatives.side_weights(apart(present), pairs, images=len(present)),
        )

    def data(self, job: Job) -> "training.KeyedDataModule":
        """Augmented training images."""
        train = self.augmented(job, transform=self.fit.transform)
        return self.data_module(train=train, val=None, normalisation=train.normalisation)

    def keep(self, module: "training.KeyedModule", job: Job) -> None:
        """Write the network with the leads of its pairs."""
        keep_network(module.network, job.artifact, position=0, name=WEIGHTS)
        self.describe_binary(job, files=(WEIGHTS,))


@final
@dataclass(frozen=True, kw_only=True)
class TrainOwnRepresentatives(FitBinary):
    """The faithful way: a whole network for each pair. With C classes and R representatives there are up to C x R."""

    networks: ClassVar[Literal["shared", "own"]] = "own"

    fit: OwnRepresentativesFit

    def check_index(self, index: Index) -> None:
        """Refuse a split that is not there; how many images there are does not matter, since they are drawn."""
        index.split(self.train_split)

    def epochs(self, job: Job) -> int:
        """Return the epochs of all pairs."""
        return self.fit.epochs_of(self.fit.images) * len(self.representatives(job).pairs)

    def module(self, job: Job) -> "representatives.OwnPairsModule":
        """Take the trained backbone as every pair's first weights."""
        network = gap_classifier(with_backbone(job.network("classifier").module).backbone, classes=2)
        network.freeze_until(self.fit.frozen_until)
        pairs = self.representatives(job).pairs
        return representatives.OwnPairsModule(
            network=network,
            fit=self.fit,
            random_seed=self.random_seed,
            pairs=len(pairs),
            keep=partial(keep_pair, job.artifact, pairs=pairs),
        )

    def data(self, job: Job) -> "training.KeyedDataModule":
        """Augmented images, drawn for one pair after the other."""
        index = job.index()
        records = index.split(self.train_split)
        train = BinaryData(
            index=index,
            sides=[sides(records, pair) for pair in self.representatives(job).pairs],
            epochs=self.fit.epochs_of(self.fit.images),
            images=self.fit.images,
            transform=self.fit.transform,
            normalisation=self.normalisation(job),
            random_seed=self.random_seed,
        )
        return self.data_module(train=train, val=None, normalisation=train.normalisation)

    def keep(self, module: "training.KeyedModule", job: Job) -> None:
        """Say what they are: every network was written when its pair was finished."""
        del module
        self.describe_binary(job, files=tuple(pair_file(pair) for pair in self.representatives(job).pairs))


def sides(records: tuple[Record, ...], pair: tuple[int, int]) -> tuple[list[Record], list[Record]]:
    """Return the images that show the first class of a pair and not the second, and the other way round."""
    first, second = (
        [record for record in records if own in record.classes and other not in record.classes]
        for own, other in (pair, pair[::-1])
    )
    return first, second


def pair_file(pair: tuple[int, int]) -> str:
    """Return the name of the file that holds a pair's own network."""
    return f"{pair[0]}-{pair[1]}.safetensors"


def keep_pair(artifact: Artifact, position: int, network: nn.Module, *, pairs: tuple[tuple[int, int], ...]) -> None:
    """Write a finished network."""
    keep_network(network, artifact, position=position, name=pair_file(pairs[position]))


def keep_network(network: nn.Module, artifact: Artifact, *, position: int, name: str) -> None:
    """Write one of the networks of `BinaryClassifiers`: a pair's two class weights become the lead of each."""
    state = {f"networks.{position}.{key}": tensor for key, tensor in network.state_dict().items()}
    key = f"networks.{position}.{HEAD}"
    write_weights(state | {key: leads(state[key])}, artifact, name=name)
