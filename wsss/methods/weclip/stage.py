"""train_weclip: a segmentation network from image-level labels and CLIP, in one training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from wsss import training
from wsss.cams.caa import CAA
from wsss.data.index import Index
from wsss.data.refusals import unlabelled
from wsss.engine.features import keep_features
from wsss.engine.fit import Fit
from wsss.engine.refining import reads_items
from wsss.engine.stage import Job
from wsss.errors import ConfigError, DataError, ModelError
from wsss.methods import weclip
from wsss.methods.weclip.options import WeCLIPFit
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.models.clip.prompted import PromptedClassifier
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.frozen_vit_options import FrozenViTOptions
from wsss.refine.base import Refiner, background_problems
from wsss.store.kinds import INDEX, NETWORK, Kind


@final
@dataclass(frozen=True, kw_only=True)
class TrainWeCLIP(Fit):
    """Train a decoder on frozen backbones with labels that a prompted CLIP makes of every crop, and no masks.

    Image-level labels are those of the index. The authors read them from the true masks, in training too.
    """

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "prompted": NETWORK}
    version: ClassVar[int] = 2

    fit: WeCLIPFit
    segmenter: FrozenViTOptions
    cam: CAA
    """How CLIP's maps are read, and carried along its attention."""
    refine: dict[str, Refiner]
    """What makes a background, and labels that follow the image's edges."""
    blocks: int = 6
    """How many of CLIP's last blocks the decoder's affinity chooses from."""

    def check(self) -> None:
        """Also refuse backbones that are not to be had, and refiners that leave no background or cannot work here."""
        super().check()
        self.segmenter.check()
        problems = background_problems(self.refine, key="refine", given=False)
        problems += [
            f"refine.{name}: it reads what another stage made: labels are made here as the network learns"
            for name, refiner in self.refine.items()
            if reads_items(refiner) or refiner.needs
        ]
        if problems:
            raise ConfigError(problems)
        for refiner in self.refine.values():
            refiner.check()

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse another network than a prompted one, and one whose cells are not those of the decoder."""
        network, encoder = read["prompted"].options.outline(), self.segmenter.outline().encoder
        if not isinstance(network, PromptedClassifier):
            raise ModelError(f"reads.prompted: a {type(network).__name__} knows no words: let it be prompt_network")
        self.cam.check(network)
        stride = network.stride
        if encoder.output_stride != stride:
            raise ModelError(
                f"segmenter.backbones: the first has patches of {encoder.output_stride} pixels, and the prompted "
                f"network of {stride}: let the first be of the same patches"
            )
        if self.fit.exchange_weight and len(self.segmenter.backbones) == 1:
            raise ModelError(
                "fit.exchange_weight: a lone backbone has no other to learn from: let it be 0, or use "
                "segmenter@online.network=frozen_clip_dinov2"
            )
        if self.fit.transform.crop % stride:
            raise ModelError(f"fit.transform.crop: {self.fit.transform.crop} pixels are not whole patches of {stride}")
        if not 1 <= self.blocks <= len(network.attending):
            raise ModelError(f"blocks: {self.blocks} is not in 1 .. {len(network.attending)}, the blocks that attend")
        if read["prompted"].options.normalisation != self.segmenter.normalisation:
            raise ModelError(
                "segmenter.backbones: the first wants pixels normalised in another way than the prompted network: "
                "let it be the same tower"
            )

    def check_index(self, index: Index) -> None:
        """Also refuse images that show no class at all."""
        super().check_index(index)
        if not any(record.classes for record in index.split(self.train_split)):
            raise DataError(unlabelled(self.train_split))

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=self.segmenter)

    def normalisation(self, job: Job) -> Normalisation:
        """See `Fit`."""
        return self.segmenter.normalisation

    def module(self, job: Job) -> "weclip.WeCLIPModule":
        """Build the decoder, and what makes its labels."""
        prompted = job.network("prompted")
        assert isinstance(prompted.module, PromptedClassifier), "check_inputs() comes first"
        labels = weclip.OnlineLabels(
            network=prompted.module,
            normalisation=prompted.normalisation,
            cam=self.cam,
            refine=self.refine,
            blocks=self.blocks,
        )
        network = self.segmenter.build(job.index().classes)
        return weclip.WeCLIPModule(network=network, labels=labels, fit=self.fit, random_seed=self.random_seed)

    def data(self, job: Job) -> "training.KeyedDataModule":
        """Augmented images with their classes. No validation: true masks only ever score."""
        train = self.augmented(job, transform=self.fit.transform)
        return self.data_module(train=train, val=None, normalisation=train.normalisation)

    def keep(self, module: "training.KeyedModule", job: Job) -> None:
        """Also keep statistics of the encoder's features: they tell which images are unlike those learnt from."""
        super().keep(module, job)
        assert isinstance(module, weclip.WeCLIPModule)
        keep_features(self, job, module.network)
