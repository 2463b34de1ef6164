"""ClassifierOptions: a GAP classifier on any backbone that can be cut."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import nn

from wsss.models.base import NetworkOptions
from wsss.models.cuts.families import check_backbone, create_backbone, outline
from wsss.models.gap import GAPClassifier, gap_classifier
from wsss.models.normalisation import Normalisation
from wsss.models.weights.downloads import Download
from wsss.models.weights.initial import (
    DOWNLOADED,
    UNTRAINED,
    check_caffe,
    check_weights,
    download,
    file_of,
    load_backbone,
    normalisation_of,
    stored_weights,
)
from wsss.models.weights.published import download_of
from wsss.plugins import backbone_modules


@dataclass(frozen=True, kw_only=True)
class ClassifierOptions(NetworkOptions):
    """Which backbone, from which weights, at which output stride (input pixels a cell of the last maps).

    `weights` is `imagenet` (timm's download), `packaged` (EfficientNet-Lite0, offline), a state dict's path, or `none`.
    """

    backbone: str = "tf_efficientnet_lite0"
    weights: str = "packaged"
    output_stride: int = 16
    dilated: bool = True
    """Whether the layers that lost their stride are dilated for it, as timm does. False: IRN's network, which has the
    layers as they were trained and runs them on finer maps."""

    def check(self) -> None:
        """Refuse with a `ModelError` a backbone, a stride or weights that cannot be had; takes well under a second.

        A file of weights is read: it may be of another architecture.
        """
        self._check_names()
        if self.content():
            self._start()

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Weights that lie in a file count by their bytes."""
        file = file_of(self.weights)
        return {"weights": (file,)} if file else {}

    def code(self) -> tuple[Path, ...]:
        """A backbone of a plug-in counts by its module."""
        return backbone_modules(self.backbone)

    @property
    def normalisation(self) -> Normalisation:
        """How pixels must be normalised for these weights."""
        return normalisation_of(self.weights, backbone=self.backbone)

    def build(self, classes: tuple[str, ...]) -> GAPClassifier:
        """See `NetworkOptions`."""
        self._check_names()
        return gap_classifier(self._start(), classes=len(classes))

    def skeleton(self, classes: tuple[str, ...]) -> GAPClassifier:
        """See `NetworkOptions`."""
        backbone = create_backbone(self.backbone, output_stride=self.output_stride, dilated=self.dilated)
        return gap_classifier(backbone, classes=len(classes))

    def outline(self) -> GAPClassifier:
        """See `NetworkOptions`."""
        return _outline(self)

    def downloads(self) -> tuple[Download, ...]:
        """See `NetworkOptions`."""
        return (download_of(self.backbone, self.outline().backbone),) if self.weights == DOWNLOADED else ()

    def _check_names(self) -> None:
        check_backbone(self.backbone, output_stride=self.output_stride)
        check_weights(self.weights, backbone=self.backbone)

    def _start(self) -> nn.Module:
        with download(self.backbone, wanted=self.weights == DOWNLOADED) as pretrained:
            net = create_backbone(
                self.backbone,
                output_stride=self.output_stride,
                pretrained=pretrained,
                dilated=self.dilated,
            )
        if self.weights not in (DOWNLOADED, UNTRAINED):
            check_caffe(file_of(self.weights), caffe=False)
            load_backbone(net, stored_weights(self.weights), origin=f"weights {self.weights!r} for {self.backbone}")
        return net


@cache
def _outline(options: ClassifierOptions) -> GAPClassifier:
    check_backbone(options.backbone, output_stride=options.output_stride)
    with torch.device("meta"):
        return gap_classifier(outline(options.backbone, options.output_stride, dilated=options.dilated), classes=1)
