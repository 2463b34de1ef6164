"""train_recam: a finished classifier trained on so that its classes compete, and its maps stay apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, final

from wsss.engine.fit import write_weights
from wsss.engine.stage import Job
from wsss.methods.recam.options import ReCAMFit
from wsss.stages.train_classifier import TrainMultiLabel, load_classifier
from wsss.store.kinds import INDEX, NETWORK, Kind
from wsss.store.store import Artifact

if TYPE_CHECKING:  # Lightning takes seconds to import, and a plan does not need it
    from wsss.methods.recam.module import ReCAMModule
    from wsss.training.module import KeyedModule

SECOND: Final = "second.pt"
"""The second head, beside the weights of what is an ordinary classifier."""


@final
@dataclass(frozen=True, kw_only=True)
class TrainReCAM(TrainMultiLabel):
    """Train a classifier on as ReCAM does (Chen et al., CVPR 2022).

    What comes out is a classifier like the one that goes in, and a second head beside it. `ReCAMHead` chooses which of
    them maps are read with, so one training serves every choice.
    """

    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "classifier": NETWORK}

    fit: ReCAMFit

    def module(self, job: Job) -> "ReCAMModule":
        """Take the trained classifier, and a new second head."""
        from wsss.methods.recam.module import ReCAMModule  # noqa: PLC0415 - see above

        network = self.with_frozen_blocks(load_classifier(job, self.classifier))
        return ReCAMModule(network=network, fit=self.fit, random_seed=self.random_seed)

    def keep(self, module: "KeyedModule", artifact: Artifact) -> None:
        """Write the second head, and then the classifier."""
        write_weights(module.get_submodule("second"), artifact, name=SECOND)
        super().keep(module, artifact)
