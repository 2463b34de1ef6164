"""Training on pairs of cells, as PSA's and IRN's networks share it: a trained backbone and confident labels."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from wsss.engine.fit import Fit
from wsss.engine.stage import Job
from wsss.methods.affinity.networks import PairNetwork
from wsss.methods.affinity.options import AffinityFit
from wsss.methods.affinity.stored import DESCRIPTION, description
from wsss.models.classifier import ClassifierOptions, GAPClassifier
from wsss.models.freezing import freeze_parameters
from wsss.models.weights import WEIGHTS
from wsss.stages.train_classifier import load_classifier
from wsss.stages.train_segmenter import masked_data
from wsss.store.files import write_json
from wsss.store.kinds import INDEX, MASKS, NETWORK, Kind
from wsss.store.store import Artifact

if TYPE_CHECKING:  # Lightning takes seconds to import, and a plan does not need it
    from wsss.methods.affinity.module import AffinityModule
    from wsss.training.data import KeyedDataModule
    from wsss.training.module import KeyedModule


@dataclass(frozen=True, kw_only=True)
class FitPairs(Fit):
    """A training on pairs of cells; what it leaves can be opened by a refiner that knows nothing but its folder."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK, "masks": MASKS}

    classifier: ClassifierOptions
    fit: AffinityFit

    @abstractmethod
    def network(self, classifier: GAPClassifier) -> PairNetwork:
        """Build the network on a trained classifier's backbone."""

    def check(self) -> None:
        """Also refuse a backbone that is not to be had, and a block that it does not have."""
        super().check()
        self.classifier.check()
        if self.fit.frozen_until is not None:
            self.classifier.outline().trained_paths_until(self.fit.frozen_until)

    def module(self, job: Job) -> "AffinityModule":
        """Build the network, and freeze what is to keep its weights."""
        from wsss.methods.affinity.module import AffinityModule  # noqa: PLC0415 - see above

        classifier = load_classifier(job, self.classifier)
        if self.fit.frozen_until is not None:
            paths = classifier.trained_paths_until(self.fit.frozen_until)
            freeze_parameters(classifier.backbone, paths=paths)
        return AffinityModule(network=self.network(classifier), fit=self.fit, random_seed=self.random_seed)

    def data(self, job: Job) -> "KeyedDataModule":
        """Images and confident labels under the same augmentation. No validation: true masks only ever score."""
        normalisation = self.classifier.normalisation
        train = masked_data(self, job, transform=self.fit.transform, normalisation=normalisation)
        return self.data_module(train=train, val=None)

    def keep(self, module: "KeyedModule", artifact: Artifact) -> None:
        """Say of which network the weights are, and write them."""
        artifact.items.mkdir(parents=True, exist_ok=True)
        write_json(artifact.items / DESCRIPTION, description(self.classifier, weights=WEIGHTS))
        super().keep(module, artifact)
