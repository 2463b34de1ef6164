"""What stands above a trained backbone when maps are read, where it is not the classifier's own head."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, assert_never, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wsss.errors import ConfigError
from wsss.models.classifier import Classifier, GAPClassifier
from wsss.models.representatives import BinaryClassifiers, Representatives, leads
from wsss.models.weights import WEIGHTS
from wsss.stages.base import Job
from wsss.stages.choose_representatives import read_representatives
from wsss.stages.fit import load_weights
from wsss.stages.train_classifier import load_classifier
from wsss.stages.train_recam import SECOND
from wsss.stages.train_representatives import pair_file

MapNetwork = GAPClassifier | BinaryClassifiers
"""What maps can be read from."""


@dataclass(frozen=True, kw_only=True)
class Heads(ABC):
    """Make a network for CAM methods out of what the stages before have trained."""

    needs: ClassVar[tuple[str, ...]] = ()
    """Roles of what `open` reads beyond the index and the classifier."""

    @abstractmethod
    def open(self, options: Classifier, job: Job) -> MapNetwork:
        """Return the network, in eval mode on the CPU; a job's `classifier` is the stage that trained it."""

    @abstractmethod
    def outline(self, options: Classifier) -> MapNetwork:
        """Return a network that takes no memory: enough to see what can be done with it."""


@final
@dataclass(frozen=True, kw_only=True)
class ReCAMHead(Heads):
    """Which of the two heads that ReCAM trains (Chen et al., CVPR 2022) maps are read with.

    `product` is what its authors' code takes on VOC, and `first` on COCO. Whichever it is, the network is an ordinary
    GAP classifier then, so every CAM method works with it.
    """

    weights: Literal["first", "second", "product"] = "second"

    def outline(self, options: Classifier) -> GAPClassifier:
        """See `Heads`."""
        return options.outline()

    def open(self, options: Classifier, job: Job) -> GAPClassifier:
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


@final
@dataclass(frozen=True, kw_only=True)
class BinaryHeads(Heads):
    """Binary classifiers of each class against its representatives: what `RepresentativeCAM` asks."""

    needs: ClassVar[tuple[str, ...]] = ("representatives",)

    networks: Literal["shared", "own"] = "shared"
    """One for all pairs of classes, or one for each, as they were trained."""

    def outline(self, options: Classifier) -> BinaryClassifiers:
        """See `Heads`."""
        return BinaryClassifiers([options.outline()], representatives=Representatives(of=()))

    def open(self, options: Classifier, job: Job) -> BinaryClassifiers:
        """See `Heads`; a pair's two class weights become the lead of each over the other."""
        representatives = read_representatives(job.inputs["representatives"], job.index().classes)
        every = 2 * len(representatives.pairs)
        files = {WEIGHTS: every} if self.networks == "shared" else {pair_file(p): 2 for p in representatives.pairs}
        networks = []
        for name, logits in files.items():
            network = options.skeleton(logits)
            load_weights(network, job.inputs["classifier"], name=name)
            with torch.no_grad():
                network.head_weight.copy_(leads(network.head_weight))
            networks.append(network)
        return BinaryClassifiers(networks, representatives=representatives).eval()


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
