"""train_classifier: a multi-label classifier from image-level labels alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, final

from wsss import training
from wsss.data.class_notes import index_notes
from wsss.data.datasets import ClassifierEvalData
from wsss.data.index import Index
from wsss.data.refusals import unlabelled
from wsss.engine.fit import Fit
from wsss.engine.log import logger
from wsss.engine.processes import world
from wsss.engine.stage import Job
from wsss.errors import DataError
from wsss.models.base import NetworkOptions, PlannedNetwork, PlannedNetworks
from wsss.models.gap import check_frozen, with_backbone
from wsss.models.normalisation import Normalisation
from wsss.store.kinds import INDEX, Kind
from wsss.store.logits import write_logits
from wsss.training.options import ClassifierFit, MultiLabelFit


@dataclass(frozen=True, kw_only=True)
class TrainMultiLabel(Fit):
    """A training on image-level labels; its summary holds the mAP on the validation split."""

    fit: MultiLabelFit

    def check_index(self, index: Index) -> None:
        """Also refuse images that show no class at all, since nothing can be learnt from them."""
        super().check_index(index)
        index.split(self.val_split)
        if not any(record.classes for record in index.split(self.train_split)):
            raise DataError(unlabelled(self.train_split))

    def run(self, job: Job) -> dict[str, Any]:
        """Warn of classes that cannot be learnt, and train."""
        notes = index_notes(job.index(), split=self.train_split)
        if world().rank == 0:
            for note in notes:
                logger.warning(note)
        return {**super().run(job), "notes": notes}

    def callbacks(self, job: Job) -> "list[training.KeptLogits]":
        """Keep what the classifier answers in every epoch; see `wsss.store.logits`."""
        index = job.index()
        images = {"train": len(index.split(self.train_split)), "val": len(index.split(self.val_split))}
        return [training.KeptLogits(partial(write_logits, job.artifact), images=images, classes=len(index.classes))]

    def data(self, job: Job) -> "training.KeyedDataModule":
        """Augmented training images, and validation images resized to one size."""
        index = job.index()
        train = self.augmented(job, transform=self.fit.transform)
        val = ClassifierEvalData(index=index, records=index.split(self.val_split), transform=self.fit.validation)
        return self.data_module(train=train, val=val, normalisation=train.normalisation)


@final
@dataclass(frozen=True, kw_only=True)
class TrainClassifier(TrainMultiLabel):
    """Train a GAP classifier with a multi-label soft-margin loss."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX}

    classifier: NetworkOptions
    fit: ClassifierFit

    def check(self) -> None:
        """Also refuse a backbone, a stride or weights that are not to be had, and a block that is not there."""
        super().check()
        self.classifier.check()
        check_frozen(self.classifier.outline(), block=self.fit.frozen_until)

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=self.classifier, weights=self.weight_names)

    def normalisation(self, job: Job) -> Normalisation:
        """See `Fit`."""
        return self.classifier.normalisation

    def module(self, job: Job) -> "training.ClassifierModule":
        """Build the network with its initial weights."""
        network = with_backbone(self.classifier.build(job.index().classes))
        network.freeze_until(self.fit.frozen_until)
        return training.ClassifierModule(network=network, fit=self.fit, random_seed=self.random_seed)
