"""train_classifier: a multi-label classifier from image-level labels alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wsss.data.datasets import ClassifierData, ClassifierEvalData
from wsss.models.classifier import Classifier, GAPClassifier
from wsss.models.freezing import freeze_parameters
from wsss.stages.base import Job
from wsss.stages.fit import Fit, load_weights
from wsss.training.options import ClassifierFit

if TYPE_CHECKING:  # Lightning takes seconds to import, and a plan does not need it
    from wsss.training.classifier import ClassifierModule
    from wsss.training.data import KeyedDataModule


@dataclass(frozen=True, kw_only=True)
class TrainClassifier(Fit):
    """Train a GAP classifier with a multi-label soft-margin loss; its summary holds the mAP on the validation split."""

    roles: ClassVar[tuple[str, ...]] = ("index",)

    classifier: Classifier
    fit: ClassifierFit

    def check(self) -> None:
        """Also refuse a backbone, a stride or weights that are not to be had."""
        super().check()
        self.classifier.check()
        if self.fit.frozen_until is not None:
            self.classifier.skeleton(1).trained_paths_until(self.fit.frozen_until)

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Weights that lie in a file count by their bytes."""
        return weights_content(self.classifier)

    def module(self, job: Job) -> "ClassifierModule":
        """Build the network with its initial weights."""
        from wsss.training.classifier import ClassifierModule  # noqa: PLC0415 - see above

        network = self.classifier.build(len(job.index().classes))
        if self.fit.frozen_until is not None:
            freeze_parameters(network.backbone, paths=network.trained_paths_until(self.fit.frozen_until))
        return ClassifierModule(network=network, fit=self.fit, random_seed=self.random_seed)

    def data(self, job: Job) -> "KeyedDataModule":
        """Augmented training images, and validation images resized to one size."""
        index, normalisation = job.index(), self.classifier.normalisation
        train = ClassifierData(
            index=index,
            records=index.split(self.train_split),
            transform=self.fit.transform,
            normalisation=normalisation,
            random_seed=self.random_seed,
        )
        val = ClassifierEvalData(
            index=index,
            records=index.split(self.val_split),
            transform=self.fit.validation,
            normalisation=normalisation,
        )
        return self.data_module(train=train, val=val)


def weights_content(options: Classifier) -> dict[str, tuple[Path, ...]]:
    """Return the `content` of every stage with such a `classifier`: where its file of weights lies does not count."""
    path = options.weights_file()
    return {"classifier.weights": (path,)} if path else {}


def load_classifier(job: Job, options: Classifier, *, role: str = "classifier") -> GAPClassifier:
    """Return the trained classifier that plays a role, in eval mode on the CPU."""
    network = options.skeleton(len(job.index().classes))
    load_weights(network, job.inputs[role])
    return network.eval()
