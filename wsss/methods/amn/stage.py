"""train_amn: a network whose maps are told the classes of an image, from confident labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from wsss import training
from wsss.engine.fit import FitOnBackbone
from wsss.engine.stage import Job
from wsss.methods import amn
from wsss.methods.amn.data import ConditionedData
from wsss.methods.amn.network import ActivationOptions
from wsss.methods.amn.options import ActivationFit
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.models.freezing import freeze_parameters
from wsss.models.gap import with_backbone
from wsss.stages.train_segmenter import masked_data
from wsss.store.kinds import INDEX, MASKS, NETWORK, Kind


@final
@dataclass(frozen=True, kw_only=True)
class TrainAMN(FitOnBackbone):
    """Train AMN's network (Lee et al., CVPR 2022), which begins with the first weights of the classifier it reads."""

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK, "masks": MASKS}

    fit: ActivationFit

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=ActivationOptions(classifier=read["classifier"].options))

    def module(self, job: Job) -> "amn.ActivationModule":
        """Build the network, and freeze what is to keep its weights."""
        options = ActivationOptions(classifier=job.record("classifier").options)
        network = options.build(job.index().classes)
        if self.fit.frozen_until is not None:
            paths = with_backbone(options.classifier.outline()).trained_paths_until(self.fit.frozen_until)
            freeze_parameters(network.pyramid.backbone, paths=paths)
        return amn.ActivationModule(network=network, fit=self.fit, random_seed=self.random_seed)

    def data(self, job: Job) -> "training.KeyedDataModule":
        """Images, confident labels and classes. No validation: true masks only ever score."""
        masked = masked_data(self, job, transform=self.fit.transform, normalisation=self.normalisation(job))
        return self.data_module(train=ConditionedData(masked=masked), val=None, normalisation=masked.normalisation)
