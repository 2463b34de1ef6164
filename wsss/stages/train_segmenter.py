"""train_segmenter and retrain_segmenter: a segmentation network from pseudo masks."""

from abc import abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar, final

from wsss import training
from wsss.data.datasets import SegmenterData
from wsss.data.transforms import SegmenterTransform
from wsss.engine.features import keep_features
from wsss.engine.fit import ADVICE, Fit
from wsss.engine.log import logger
from wsss.engine.stage import Job
from wsss.errors import ConfigError, ModelError
from wsss.labels import label_count, label_names
from wsss.models.base import NetworkOptions, PlannedNetwork, PlannedNetworks
from wsss.models.batch_of_one import learns_from_one
from wsss.models.freezing import freeze_parameters
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.models.segmenters.segmentation_options import SegmentationOptions
from wsss.store.kinds import INDEX, MASKS, NETWORK, Kind
from wsss.training.options import SegmenterFit
from wsss.training.reproduced import advice_on


@dataclass(frozen=True, kw_only=True)
class FitSegmenter(Fit):
    """Fit a segmentation network to masks."""

    version: ClassVar[int] = 2

    fit: SegmenterFit

    @abstractmethod
    def first_network(self, job: Job) -> SegmentationNetwork:
        """Return the network with its first weights."""

    def module(self, job: Job) -> "training.SegmenterModule":
        """Take the first weights, and freeze the encoder's first blocks where that is wanted."""
        network = self.first_network(job)
        if self.fit.frozen_until is not None:
            options = as_segmenter(self.planned_network(job.networks()).options)
            freeze_parameters(network.encoder, paths=options.frozen_paths(self.fit.frozen_until))
        return training.SegmenterModule(
            network=network, fit=self.fit, random_seed=self.random_seed, labels=label_count(job.index().classes)
        )

    def keep(self, module: "training.KeyedModule", job: Job) -> None:
        """Also keep statistics of the encoder's features: they tell which images are unlike those learnt from."""
        super().keep(module, job)
        assert isinstance(module, training.SegmenterModule)
        keep_features(self, job, module.network)

    def findings(self, module: "training.KeyedModule", job: Job) -> dict[str, Any]:
        """Tell how well the network reproduces the masks that it learnt from, and what to do where it does not."""
        assert isinstance(module, training.SegmenterModule)
        scores = module.reproduced()
        names = label_names(job.index().classes)
        words = advice_on(scores, names=names, steps=module.trainer.global_step, balanced=self.fit.loss == "balanced")
        for sentence in words:
            logger.warning(sentence)
        return {"reproduced": scores.to_dict(names), ADVICE: words}

    def data(self, job: Job) -> "training.KeyedDataModule":
        """Images and pseudo masks under the same augmentation. No validation: true masks only ever score."""
        train = masked_data(self, job, transform=self.fit.transform, normalisation=self.normalisation(job))
        return self.data_module(train=train, val=None, normalisation=train.normalisation)

    def check_network(self, options: SegmentationOptions) -> None:
        """Refuse a block to freeze that the encoder does not have, and a batch of one that a batch norm cannot take."""
        if self.fit.batch_size == 1 and not learns_from_one(options.outline(), side=self.fit.transform.crop):
            problem = (
                f"1 leaves a batch norm of {type(options.outline().network).__name__} one value a channel to learn from"
            )
            raise ConfigError([f"{self.batch_size_from}.batch_size: {problem}: use at least 2, or segmenter=unet"])
        if self.fit.frozen_until is not None:
            freeze_parameters(deepcopy(options.outline().encoder), paths=options.frozen_paths(self.fit.frozen_until))


@final
@dataclass(frozen=True, kw_only=True)
class TrainSegmenter(FitSegmenter):
    """Begin with the encoder's first weights, which may be the trained classifier's backbone."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK, "masks": MASKS}

    segmenter: SegmentationOptions

    def check(self) -> None:
        """Also refuse an architecture, an encoder or weights that are not to be had."""
        super().check()
        self.segmenter.check()
        self.check_network(self.segmenter)

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=self.segmenter)

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse a classifier from whose backbone the encoder is to start, and cannot."""
        self.segmenter.check_classifier(read["classifier"].options.outline())

    def normalisation(self, job: Job) -> Normalisation:
        """See `Fit`: pixels enter an encoder as they entered the classifier whose weights it starts from."""
        return job.record("classifier").normalisation if self.segmenter.of_classifier else self.segmenter.normalisation

    def first_network(self, job: Job) -> SegmentationNetwork:
        """Build the network on its encoder's first weights."""
        return self.segmenter.build(job.index().classes, classifier=job.network("classifier").module)


@final
@dataclass(frozen=True, kw_only=True)
class RetrainSegmenter(FitSegmenter):
    """Go on with a network that was trained before, on other masks."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "segmenter": NETWORK, "masks": MASKS}

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`: the same network as before."""
        return PlannedNetwork(options=read["segmenter"].options)

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse a network that is not of segmentation-models-pytorch, and a block that it does not have."""
        self.check_network(as_segmenter(read["segmenter"].options))

    def normalisation(self, job: Job) -> Normalisation:
        """See `Fit`."""
        return job.record("segmenter").normalisation

    def first_network(self, job: Job) -> SegmentationNetwork:
        """Load the network."""
        network = job.network("segmenter").module
        assert isinstance(network, SegmentationNetwork), "check_inputs() comes first"
        return network


def as_segmenter(options: NetworkOptions) -> SegmentationOptions:
    """Return options as those that a training goes on with; raises `ModelError` for those of another network."""
    if not isinstance(options, SegmentationOptions):
        raise ModelError(f"reads.segmenter: {type(options).__name__} build another network: read train_segmenter")
    return options


def masked_data(stage: Fit, job: Job, *, transform: SegmenterTransform, normalisation: Normalisation) -> SegmenterData:
    """Return the training images of a stage with the masks that it reads."""
    index = job.index()
    return SegmenterData(
        index=index,
        records=index.split(stage.train_split),
        mask_of=MASKS.items(job.inputs["masks"], index).place,
        transform=transform,
        normalisation=normalisation,
        random_seed=stage.random_seed,
    )
