"""AMN's network: labels of every cell, from maps that are told which classes the image shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wsss.labels import label_count
from wsss.models.base import NetworkOptions
from wsss.models.cuts.pyramid import Pyramid
from wsss.models.gap import GAPClassifier, with_backbone
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.deeplab_v2 import DilatedHead
from wsss.types import Images

RATES = (6, 12, 18, 24)
"""Dilations of the head's convolutions."""
DROPOUT = 0.1


class ActivationNet(nn.Module):
    """The last maps of a backbone, each channel times a weight that follows from the image's classes, and a head.

    Lee et al., CVPR 2022: with label conditioning the head tells apart the classes that are there, and the others are
    of no matter.
    """

    def __init__(self, classifier: GAPClassifier, *, classes: int) -> None:
        super().__init__()
        self.pyramid = Pyramid(classifier.backbone, blocks=("last",))
        (self.channels,), (self.stride,) = self.pyramid.channels, self.pyramid.strides
        self.condition = nn.Linear(classes, self.channels)
        self.dropout = nn.Dropout(DROPOUT)
        self.head = DilatedHead(self.channels, classes + 1, rates=RATES)

    def forward(self, images: Images, present: Float[Tensor, "b c"]) -> Float[Tensor, "b labels y x"]:
        """Return the logits of the cells; `present` is 1 for each class that an image shows."""
        (maps,) = self.pyramid(images)
        logits: Tensor = self.head(self.dropout(maps * self.condition(present)[:, :, None, None]))
        return logits

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters that came with weights."""
        return self.pyramid.parameters()

    def new_parameters(self) -> Iterator[nn.Parameter]:
        """All other parameters."""
        yield from self.condition.parameters()
        yield from self.head.parameters()


@final
@dataclass(frozen=True, kw_only=True)
class ActivationOptions(NetworkOptions):
    """How AMN's network is built: on which classifier's backbone, from that one's first weights."""

    classifier: NetworkOptions

    def build(self, classes: tuple[str, ...]) -> ActivationNet:
        """See `NetworkOptions`."""
        return self._on(self.classifier.build(classes), classes=label_count(classes) - 1)

    def skeleton(self, classes: tuple[str, ...]) -> ActivationNet:
        """See `NetworkOptions`."""
        return self._on(self.classifier.skeleton(classes), classes=label_count(classes) - 1)

    def outline(self) -> ActivationNet:
        """See `NetworkOptions`."""
        with torch.device("meta"):
            return self._on(self.classifier.outline(), classes=1)

    @property
    def normalisation(self) -> Normalisation:
        """See `NetworkOptions`."""
        return self.classifier.normalisation

    def check(self) -> None:
        """See `NetworkOptions`."""
        self.classifier.check()

    def _on(self, classifier: nn.Module, *, classes: int) -> ActivationNet:
        return ActivationNet(with_backbone(classifier), classes=classes)
