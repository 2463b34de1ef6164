"""SegmenterOptions: any architecture of segmentation-models-pytorch on any of its encoders, and DeepLabV2."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import torch
from torch import nn

from wsss import models
from wsss.errors import ModelError, one_of
from wsss.labels import label_count
from wsss.models.cuts.families import NATIVE_STRIDE, check_name, outline
from wsss.models.gap import gap_classifier
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.encoders import (
    TIMM,
    WITHOUT_CLASSIFIER,
    check_encoder,
    classifier_weights,
    encoder_normalisation,
)
from wsss.models.segmenters.group_norm import exchange_batch_norm
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.models.segmenters.segmentation_options import SegmentationOptions
from wsss.models.weights import caffe as caffe_weights
from wsss.models.weights.initial import (
    DOWNLOADED,
    PACKAGED,
    PACKAGED_BACKBONE,
    UNTRAINED,
    Weights,
    check_caffe,
    download,
    file_of,
    fitting,
    stored_weights,
)
from wsss.plugins import backbone_modules

CLASSIFIER: Final = "classifier"
"""Encoder weights: those of the trained classifier's backbone."""
STRIDE: Final = "encoder_output_stride"
CAFFE: Final = "caffe"
"""The option of DeepLabV2 that makes its encoder one of Caffe's."""
RESERVED: Final = (
    *("encoder_name", "encoder_weights", STRIDE, "in_channels", "classes", "activation", "aux_params"),
    *("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "cache_dir"),
)
"""Arguments of smp and timm that are not for `options`.

They are fields, would make something else than logits come out, or name files and servers to read.
"""
REFUSALS: Final = (AssertionError, KeyError, NotImplementedError, RuntimeError, TypeError, ValueError)
"""What smp and timm raise for options that they do not take."""
PROBE: Final = 256
"""Side in pixels of the image, without content, on which a network is tried before the run."""


@dataclass(frozen=True, kw_only=True)
class SegmenterOptions(SegmentationOptions):
    """Which architecture, on which encoder (`tu-` and timm's name, or one of smp's own), from which weights.

    `encoder_weights` is `classifier` (the trained classifier's backbone), `imagenet` (a download), `packaged`
    (EfficientNet-Lite0, offline), the path of a timm state dict, or `none`. `output_stride` is the encoder's where the
    architecture lets one choose (DeepLabV2, DeepLabV3, DeepLabV3Plus and PAN), and 32 elsewhere. `options` are passed
    on to the architecture's class. DeepLabV2 also takes weights of Caffe's ResNets (`wsss.models.weights.caffe`).
    """

    architecture: str = "DeepLabV3Plus"
    encoder: str = "tu-tf_efficientnet_lite0"
    encoder_weights: str = CLASSIFIER
    output_stride: int = 16
    decoder_norm: Literal["batch", "group"] = "batch"
    """What normalises the maps of everything but the encoder; see `wsss.models.segmenters.group_norm`."""
    options: dict[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse with a `ModelError` what cannot be built and weights that do not fit; takes about half a second.

        Whether a trained classifier's backbone fits, `check_classifier` looks at.
        """
        if self.content():
            self._check()
        else:
            _check(self)

    def __hash__(self) -> int:
        return hash((self.architecture, self.encoder, self.encoder_weights, self.output_stride, *sorted(self.options)))

    def check_classifier(self, classifier: nn.Module) -> None:
        """See `SegmentationOptions`."""
        if self.of_classifier:
            self._start(self.outline(), classifier)

    @property
    def of_classifier(self) -> bool:
        """See `SegmentationOptions`."""
        return self.encoder_weights == CLASSIFIER

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Weights that lie in a file count by their bytes."""
        return {"encoder_weights": (self._file,)} if self._file else {}

    def code(self) -> tuple[Path, ...]:
        """An encoder of a plug-in counts by its module."""
        return backbone_modules(self.encoder.removeprefix(TIMM))

    @property
    def normalisation(self) -> Normalisation:
        """How pixels must be normalised for these weights; raises `ModelError` for those of a classifier."""
        if self.of_classifier:
            raise ModelError(WITHOUT_CLASSIFIER)
        if self._caffe:
            return caffe_weights.NORMALISATION
        return encoder_normalisation(self.encoder, weights=self.encoder_weights)

    def build(self, classes: tuple[str, ...], *, classifier: nn.Module | None = None) -> SegmentationNetwork:
        """See `SegmentationOptions`."""
        self.check()
        with download(self.encoder, wanted=self.encoder_weights == DOWNLOADED) as pretrained:
            network = self._create(label_count(classes), pretrained=pretrained)
        network.encoder.load_state_dict(self._start(network, classifier))
        return network

    def skeleton(self, classes: tuple[str, ...]) -> SegmentationNetwork:
        """See `NetworkOptions`."""
        return self._untrained(label_count(classes))

    def outline(self) -> SegmentationNetwork:
        """See `NetworkOptions`."""
        return _outline(self)

    def frozen_paths(self, block: str) -> tuple[str, ...]:
        """See `SegmentationOptions`; blocks are those of the encoder's timm network."""
        name = self.encoder.removeprefix(TIMM)
        check_name(name)
        return gap_classifier(outline(name, NATIVE_STRIDE), classes=1).trained_paths_until(block)

    @property
    def _caffe(self) -> bool:
        return bool(self.options.get(CAFFE))

    @property
    def _file(self) -> Path | None:
        return None if self.of_classifier else file_of(self.encoder_weights)

    def _check(self) -> None:
        self._check_options()
        check_encoder(self.encoder, pretrained=self.encoder_weights == DOWNLOADED)
        with self._on_meta():
            network = self._tried()
            if not self.of_classifier:
                self._start(network, None)

    def _on_meta(self) -> torch.device:
        """Return where a network takes neither memory nor time; some of smp's own encoders cannot be made there."""
        return torch.device("meta" if self.encoder.startswith(TIMM) else "cpu")

    def _create(self, labels: int, *, pretrained: bool) -> SegmentationNetwork:
        architectures = models.segmenters.architectures
        stride = {STRIDE: self.output_stride} if STRIDE in architectures.arguments(self.architecture) else {}
        wanted = True if self.encoder.startswith(TIMM) else DOWNLOADED
        network = architectures.architecture(self.architecture)(
            encoder_name=self.encoder,
            encoder_weights=wanted if pretrained else None,
            classes=labels,
            **stride,
            **self.options,
        )
        whole = architectures.wrapped(network)
        if self.decoder_norm == "group":
            exchange_batch_norm(whole, but=whole.encoder)
        return whole

    def _untrained(self, labels: int) -> SegmentationNetwork:
        self._check_options()
        check_encoder(self.encoder, pretrained=False)
        try:
            return self._create(labels, pretrained=False)
        except REFUSALS as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> ModelError:
        return ModelError(f"{self} cannot be built by smp ({type(error).__name__}: {error}); change one of these")

    def _start(self, network: SegmentationNetwork, classifier: nn.Module | None) -> Weights:
        """Return the encoder's first weights where they are not its own; raises `ModelError` where they do not fit."""
        own: Weights = network.encoder.state_dict()
        if self.encoder_weights == UNTRAINED:
            return own
        check_caffe(self._file, caffe=self._caffe)
        if self.encoder_weights == DOWNLOADED:
            return own
        origin = f"encoder_weights {self.encoder_weights!r} for {self.encoder}"
        if self.of_classifier:
            return classifier_weights(own, classifier, origin=origin)
        source = PACKAGED_BACKBONE if self.encoder_weights == PACKAGED else "<the timm network they are of>"
        weights = stored_weights(self.encoder_weights)
        return fitting(own, weights, origin=origin, remedy=f"the encoder that fits is {TIMM}{source}")

    def _tried(self) -> SegmentationNetwork:
        """Build the network on the default device, and see whether it answers as many pixels as it is asked."""
        try:
            network = self._create(1, pretrained=False).eval()
            with torch.no_grad():
                answer = network.network(torch.zeros(1, 3, PROBE, PROBE))
        except REFUSALS as error:
            raise self._refused(error) from error
        if answer.shape != (1, 1, PROBE, PROBE):
            raise ModelError(f"{self} answers {PROBE} x {PROBE} pixels with {tuple(answer.shape)}; change its options")
        return network

    def _check_options(self) -> None:
        known = models.segmenters.architectures.arguments(self.architecture)
        if STRIDE not in known and self.output_stride != NATIVE_STRIDE:
            raise ModelError(
                f"output_stride: {self.architecture} leaves its encoder as it is: set the stride to {NATIVE_STRIDE}"
            )
        reserved = [name for name in self.options if name in RESERVED]
        if reserved:
            raise ModelError(f"options: {one_of(reserved)} are not to be set there; see the other fields")
        # smp hands unknown names on to timm, which refuses them; its own encoders swallow them.
        unknown = [name for name in self.options if name not in known]
        if unknown and not self.encoder.startswith(TIMM):
            free = [name for name in known if name not in RESERVED]
            raise ModelError(f"options: {self.architecture} has no {one_of(unknown)}; it has: {one_of(free)}")


@cache
def _check(options: SegmenterOptions) -> None:
    options._check()


@cache
def _outline(options: SegmenterOptions) -> SegmentationNetwork:
    with options._on_meta():
        return options._untrained(1)
