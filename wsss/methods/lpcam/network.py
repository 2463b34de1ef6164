"""LPCAM's network: a trained classifier, with what the parts of each class and their surroundings look like to it."""

from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from wsss.models.base import NetworkOptions
from wsss.models.gap import with_backbone
from wsss.models.normalisation import Normalisation
from wsss.types import Cut, Images


class PrototypeClassifier(nn.Module):
    """A classifier with a linear head, and vectors of its last maps for every class: `Classifies` and `Prototyped`.

    Two sets of `clusters` vectors are kept for a class, of its parts and of its surroundings, with marks of those that
    are in use.
    """

    def __init__(self, classifier: nn.Module, *, classes: int, channels: int, clusters: int) -> None:
        super().__init__()
        self.classifier: Any = classifier
        self.register_buffer("vectors", torch.zeros(2, classes, clusters, channels))
        self.register_buffer("used", torch.zeros(2, classes, clusters, dtype=torch.bool))

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, first to last."""
        blocks: tuple[str, ...] = self.classifier.blocks
        return blocks

    @property
    def stride(self) -> int:
        """Input pixels a cell of the last maps."""
        return int(self.classifier.stride)

    @property
    def head_weight(self) -> Float[Tensor, "c d"]:
        """The class weights."""
        weight: Tensor = self.classifier.head_weight
        return weight

    def tell(self, cls: int, *, side: int, vectors: Float[Tensor, "k d"], used: Bool[Tensor, " k"]) -> None:
        """Take vectors of a class's parts (side 0) or of its surroundings (1), and which of them are in use."""
        self.get_buffer("vectors")[side, cls, : len(vectors)] = vectors
        self.get_buffer("used")[side, cls, : len(used)] = used

    def prototypes(self, cls: int) -> tuple[Float[Tensor, "k d"], Float[Tensor, "q d"]]:
        """Return the vectors of a class's parts, and those of its surroundings."""
        vectors, used = self.get_buffer("vectors"), self.get_buffer("used")
        return vectors[0, cls][used[0, cls]], vectors[1, cls][used[1, cls]]

    def forward(self, images: Images) -> Float[Tensor, "b c"]:
        """Return the logits."""
        return self.classify(images)

    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        """Return the classifier's logits of all classes."""
        return self.after(self.blocks[-1], self.until(self.blocks[-1], images))

    def until(self, block: str, images: Images) -> Cut:
        """Run the classifier up to and including `block`."""
        cut: Cut = self.classifier.until(block, images)
        return cut

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Run the rest of the classifier."""
        logits: Tensor = self.classifier.after(block, cut)
        return logits


@final
@dataclass(frozen=True, kw_only=True)
class PrototypeOptions(NetworkOptions):
    """How the network is built: on which classifier, with room for how many vectors of a class."""

    classifier: NetworkOptions
    clusters: int = 12
    """Vectors of a class's parts, at most, and as many of its surroundings."""

    def build(self, classes: tuple[str, ...]) -> PrototypeClassifier:
        """See `NetworkOptions`."""
        return self.on(self.classifier.build(classes), classes=len(classes))

    def skeleton(self, classes: tuple[str, ...]) -> PrototypeClassifier:
        """See `NetworkOptions`."""
        return self.on(self.classifier.skeleton(classes), classes=len(classes))

    def outline(self) -> PrototypeClassifier:
        """See `NetworkOptions`."""
        with torch.device("meta"):
            return self.on(self.classifier.outline(), classes=1)

    @property
    def normalisation(self) -> Normalisation:
        """See `NetworkOptions`."""
        return self.classifier.normalisation

    def check(self) -> None:
        """See `NetworkOptions`."""
        self.classifier.check()

    def on(self, network: nn.Module, *, classes: int) -> PrototypeClassifier:
        """Return the network on a classifier that is there, without prototypes yet."""
        classifier = with_backbone(network)
        return PrototypeClassifier(classifier, classes=classes, channels=classifier.channels, clusters=self.clusters)
