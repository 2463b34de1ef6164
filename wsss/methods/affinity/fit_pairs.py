"""Training on pairs of cells, as PSA's and IRN's networks share it: a trained backbone and confident labels."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from wsss import training
from wsss.engine.fit import FitOnBackbone
from wsss.engine.stage import Job
from wsss.methods import affinity
from wsss.methods.affinity.networks import PairOptions
from wsss.methods.affinity.options import AffinityFit
from wsss.models.base import NetworkOptions, PlannedNetwork, PlannedNetworks
from wsss.models.gap import with_backbone
from wsss.stages.train_segmenter import masked_data
from wsss.store.kinds import INDEX, MASKS, NETWORK, Kind


@dataclass(frozen=True, kw_only=True)
class FitPairs(FitOnBackbone):
    """A training on pairs of cells, on the backbone of a classifier that was trained before."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK, "masks": MASKS}

    fit: AffinityFit

    @abstractmethod
    def options(self, classifier: NetworkOptions) -> PairOptions:
        """Return how the network on a classifier's backbone is built."""

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=self.options(read["classifier"].options))

    def module(self, job: Job) -> "affinity.AffinityModule":
        """Build the network, and freeze what is to keep its weights."""
        trained = job.network("classifier")
        classifier = with_backbone(trained.module)
        classifier.freeze_until(self.fit.frozen_until)
        network = self.options(trained.options).on(classifier)
        return affinity.AffinityModule(network=network, fit=self.fit, random_seed=self.random_seed)

    def data(self, job: Job) -> "training.KeyedDataModule":
        """Images and confident labels under the same augmentation. No validation: true masks only ever score."""
        train = masked_data(self, job, transform=self.fit.transform, normalisation=self.normalisation(job))
        return self.data_module(train=train, val=None, normalisation=train.normalisation)
