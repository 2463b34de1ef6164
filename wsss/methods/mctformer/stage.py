"""train_classifier of MCTformer+: a transformer with a token for each class, from image-level labels alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.methods import mctformer
from wsss.methods.mctformer.network import ClassTokenOptions
from wsss.methods.mctformer.options import MCTformerFit
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.models.normalisation import Normalisation
from wsss.stages.train_classifier import TrainMultiLabel
from wsss.store.kinds import INDEX, Kind


@final
@dataclass(frozen=True, kw_only=True)
class TrainMCTformer(TrainMultiLabel):
    """Train MCTformer+'s network in the place of a GAP classifier."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX}

    classifier: ClassTokenOptions
    fit: MCTformerFit

    def check(self) -> None:
        """Also refuse a backbone that cannot be had or takes no class tokens, and a block to freeze."""
        super().check()
        self.classifier.check()
        if self.fit.frozen_until is not None:
            raise ConfigError(["fit.frozen_until: class tokens are new to every block: set it to null"])

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=self.classifier, weights=self.weight_names)

    def normalisation(self, job: Job) -> Normalisation:
        """See `Fit`."""
        return self.classifier.normalisation

    def module(self, job: Job) -> "mctformer.MCTformerModule":
        """Build the network with its initial weights."""
        network = self.classifier.build(job.index().classes)
        return mctformer.MCTformerModule(network=network, fit=self.fit, random_seed=self.random_seed)
