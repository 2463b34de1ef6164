"""train_classifier of ToCo: a transformer whose patches stay unlike, from image-level labels alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

from wsss.engine.stage import Job
from wsss.errors import ConfigError, ModelError
from wsss.methods import toco
from wsss.methods.toco.options import ToCoFit
from wsss.models.base import NetworkOptions, PlannedNetwork, PlannedNetworks
from wsss.models.gap import AttentiveClassifier, check_frozen, with_backbone
from wsss.models.normalisation import Normalisation
from wsss.stages.train_classifier import TrainMultiLabel
from wsss.store.kinds import INDEX, Kind


@final
@dataclass(frozen=True, kw_only=True)
class TrainToCo(TrainMultiLabel):
    """Train a transformer with ToCo's two contrasts; what comes out is a classifier like any other.

    The authors train a segmentation network along with it, and pool patches by their maximum: here they are averaged,
    and masks and their network come after, as for every classifier.
    """

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX}

    classifier: NetworkOptions
    fit: ToCoFit

    def check(self) -> None:
        """Also refuse a network without a class token, and blocks or crops that it does not have."""
        super().check()
        self.classifier.check()
        network = self.classifier.outline()
        check_frozen(network, block=self.fit.frozen_until)
        backbone: Any = with_backbone(network).backbone
        if not isinstance(network, AttentiveClassifier) or backbone.cls_token is None:
            raise ModelError(
                "classifier.backbone: ToCo compares class tokens, and this network has none: choose a plain ViT, such "
                "as classifier=vit_small"
            )
        if self.fit.auxiliary not in network.attending[:-1]:
            known = f"there are {network.attending[0]} to {network.attending[-2]}"
            raise ConfigError([f"fit.auxiliary: {self.fit.auxiliary!r} is not a block before the last one; {known}"])
        if self.fit.crop_side > self.fit.transform.crop:
            side = self.fit.transform.crop
            raise ConfigError([f"fit.crop_side: {self.fit.crop_side} pixels are more than the image's {side}"])

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=self.classifier, weights=self.weight_names)

    def normalisation(self, job: Job) -> Normalisation:
        """See `Fit`."""
        return self.classifier.normalisation

    def module(self, job: Job) -> "toco.ToCoModule":
        """Build the network with its initial weights."""
        network = with_backbone(self.classifier.build(job.index().classes))
        network.freeze_until(self.fit.frozen_until)
        return toco.ToCoModule(network=network, fit=self.fit, random_seed=self.random_seed)
