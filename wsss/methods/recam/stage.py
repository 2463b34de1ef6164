"""train_recam: a finished classifier trained on so that its classes compete, and its maps stay apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, final

from jaxtyping import Float
from torch import Tensor

from wsss import training
from wsss.engine.fit import FitOnBackbone, network_part
from wsss.engine.stage import Job
from wsss.methods import recam
from wsss.methods.recam.options import ReCAMFit
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.models.gap import HEAD, with_backbone
from wsss.stages.train_classifier import TrainMultiLabel
from wsss.store.kinds import INDEX, NETWORK, Kind
from wsss.store.networks import write_weights

HEADS: Final = ("first", "second", "product")
"""Names of the weights: those with either head, and with the product of both, element by element."""
BACKBONE: Final = "backbone.safetensors"


@final
@dataclass(frozen=True, kw_only=True)
class TrainReCAM(FitOnBackbone, TrainMultiLabel):
    """Train a classifier on as ReCAM does (Chen et al., CVPR 2022), with a second head.

    What comes out is a classifier like the one that goes in, with three heads to choose from: a reader's `weights` are
    `first`, by which it tells what an image shows, `second`, or their `product`. The authors' code reads maps with the
    product on VOC, and with the first on COCO. One training serves every choice.
    """

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK}

    fit: ReCAMFit

    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""
        return PlannedNetwork(options=read["classifier"].options, weights=HEADS)

    def module(self, job: Job) -> "recam.ReCAMModule":
        """Take the trained classifier, and a new second head."""
        network = with_backbone(job.network("classifier").module)
        network.freeze_until(self.fit.frozen_until)
        return recam.ReCAMModule(network=network, fit=self.fit, random_seed=self.random_seed)

    def keep(self, module: "training.KeyedModule", job: Job) -> None:
        """Write the backbone once, and every head."""
        kept = self.kept(module, job)
        state = network_part(kept)
        weights = heads(state.pop(HEAD), kept["second.weight"])
        write_weights(state, job.artifact, name=BACKBONE)
        for name, weight in weights.items():
            write_weights({HEAD: weight}, job.artifact, name=head_file(name))
        self.describe(job, weights={name: (BACKBONE, head_file(name)) for name in HEADS})


def heads(first: Float[Tensor, "c d"], second: Float[Tensor, "c d"]) -> dict[str, Float[Tensor, "c d"]]:
    """Return the class weights by the names of `HEADS`."""
    return dict(zip(HEADS, (first, second, first * second), strict=True))


def head_file(name: str) -> str:
    """Return the name of the file that holds a head."""
    return f"{name}.safetensors"
