"""train_segmenter and retrain_segmenter: a segmentation network from pseudo masks."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from wsss.data.datasets import SegmenterData
from wsss.data.transforms import SegmenterTransform
from wsss.engine.fit import Fit, load_weights
from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.labels import label_count
from wsss.models.batch_of_one import learns_from_one
from wsss.models.classifier import ClassifierOptions
from wsss.models.freezing import freeze_parameters
from wsss.models.normalisation import Normalisation
from wsss.models.segmenter import SegmentationNetwork, SegmenterOptions
from wsss.stages.train_classifier import load_classifier
from wsss.store.kinds import INDEX, MASKS, NETWORK, Kind
from wsss.training.options import SegmenterFit

if TYPE_CHECKING:  # Lightning takes seconds to import, and a plan does not need it
    from wsss.training.data import KeyedDataModule
    from wsss.training.segmenter import SegmenterModule


@dataclass(frozen=True, kw_only=True)
class FitSegmenter(Fit):
    """Fit any segmentation-models-pytorch architecture to masks."""

    classifier: ClassifierOptions
    segmenter: SegmenterOptions
    fit: SegmenterFit

    def check(self) -> None:
        """Also refuse an architecture, an encoder or weights that are not to be had."""
        super().check()
        self.segmenter.check(self.classifier)
        if self.fit.batch_size == 1 and not learns_from_one(self.segmenter.outline(), side=self.fit.transform.crop):
            problem = f"1 leaves a batch norm of {self.segmenter.architecture} one value a channel to learn from"
            raise ConfigError([f"{self.batch_size_from}.batch_size: {problem}: use at least 2, or segmenter=unet"])
        if self.fit.frozen_until is not None:
            paths = self.classifier.outline().trained_paths_until(self.fit.frozen_until)
            freeze_parameters(self.segmenter.outline().encoder, paths=paths)

    @abstractmethod
    def first_network(self, job: Job) -> SegmentationNetwork:
        """Return the network with its first weights."""

    def module(self, job: Job) -> "SegmenterModule":
        """Take the first weights, and freeze the encoder's first blocks where that is wanted."""
        from wsss.training.segmenter import SegmenterModule  # noqa: PLC0415 - see above

        network = self.first_network(job)
        if self.fit.frozen_until is not None:
            paths = self.classifier.outline().trained_paths_until(self.fit.frozen_until)
            freeze_parameters(network.encoder, paths=paths)
        return SegmenterModule(network=network, fit=self.fit, random_seed=self.random_seed)

    def data(self, job: Job) -> "KeyedDataModule":
        """Images and pseudo masks under the same augmentation. No validation: true masks only ever score."""
        normalisation = self.segmenter.normalisation(self.classifier.normalisation)
        train = masked_data(self, job, transform=self.fit.transform, normalisation=normalisation)
        return self.data_module(train=train, val=None)


@final
@dataclass(frozen=True, kw_only=True)
class TrainSegmenter(FitSegmenter):
    """Begin with the encoder's first weights, which may be the trained classifier's backbone."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK, "masks": MASKS}

    def first_network(self, job: Job) -> SegmentationNetwork:
        """Build the network on its encoder's first weights."""
        classifier = load_classifier(job, self.classifier)
        return self.segmenter.build(label_count(job.index().classes), classifier=classifier)


@final
@dataclass(frozen=True, kw_only=True)
class RetrainSegmenter(FitSegmenter):
    """Go on with a network that was trained before, on other masks."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "segmenter": NETWORK, "masks": MASKS}

    def first_network(self, job: Job) -> SegmentationNetwork:
        """Load the network."""
        return load_segmenter(job, self.segmenter)


def masked_data(stage: Fit, job: Job, *, transform: SegmenterTransform, normalisation: Normalisation) -> SegmenterData:
    """Return the training images of a stage with the masks that it reads."""
    index = job.index()
    return SegmenterData(
        index=index,
        records=index.split(stage.train_split),
        mask_of=MASKS.items(job.inputs["masks"], index).path,
        transform=transform,
        normalisation=normalisation,
        random_seed=stage.random_seed,
    )


def load_segmenter(job: Job, options: SegmenterOptions, *, role: str = "segmenter") -> SegmentationNetwork:
    """Return the trained network that plays a role, in eval mode on the CPU."""
    network = options.skeleton(label_count(job.index().classes))
    load_weights(network, job.inputs[role])
    return network.eval()
