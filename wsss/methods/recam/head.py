"""Choose which of ReCAM's two heads maps are read with."""

from dataclasses import dataclass
from typing import Literal, assert_never, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wsss.engine.fit import load_weights
from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.methods.recam.stage import SECOND
from wsss.models.classifier import ClassifierOptions, GAPClassifier
from wsss.stages.heads import Heads
from wsss.stages.train_classifier import load_classifier


@final
@dataclass(frozen=True, kw_only=True)
class ReCAMHead(Heads):
    """Which of the two heads that ReCAM trains (Chen et al., CVPR 2022) maps are read with.

    `product` is what its authors' code takes on VOC, and `first` on COCO. Whichever it is, the network is an ordinary
    GAP classifier then, so every CAM method works with it.
    """

    weights: Literal["first", "second", "product"] = "second"

    def outline(self, options: ClassifierOptions) -> GAPClassifier:
        """See `Heads`."""
        return options.outline()

    def open(self, options: ClassifierOptions, job: Job) -> GAPClassifier:
        """See `Heads`; raises `ConfigError` where the stage that is read trains no second head."""
        network, artifact = load_classifier(job, options), job.inputs["classifier"]
        if not (artifact.items / SECOND).exists():
            problem = f"{artifact.stage} has one head only: read train_recam, as stages=recam does"
            raise ConfigError([f"reads.classifier: {problem}"])
        second = nn.Linear(network.channels, len(network.head_weight), bias=False)
        load_weights(second, artifact, name=SECOND)
        with torch.no_grad():
            network.head_weight.copy_(chosen(network.head_weight, second.weight, weights=self.weights))
        return network


def chosen(
    first: Float[Tensor, "c d"], second: Float[Tensor, "c d"], *, weights: Literal["first", "second", "product"]
) -> Float[Tensor, "c d"]:
    """Return the class weights of one head, or the product of both, element by element."""
    match weights:
        case "first":
            return first
        case "second":
            return second
        case "product":
            return first * second
        case _:
            assert_never(weights)
