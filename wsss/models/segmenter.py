"""Any architecture of segmentation-models-pytorch on any of its encoders, for images of any size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss.configurable import Configurable
from wsss.errors import ModelError, one_of
from wsss.models.classifier import ClassifierOptions, GAPClassifier
from wsss.models.encoders import TIMM, check_encoder, encoder_normalisation
from wsss.models.families import NATIVE_STRIDE, name_of
from wsss.models.normalisation import Normalisation
from wsss.models.weights import (
    DOWNLOADED,
    PACKAGED,
    PACKAGED_BACKBONE,
    UNTRAINED,
    Weights,
    download,
    file_of,
    fitting,
    stored_weights,
)
from wsss.plugins import backbone_modules
from wsss.types import Images

CLASSIFIER: Final = "classifier"
"""Encoder weights: those of the trained classifier's backbone."""
STRIDE: Final = "encoder_output_stride"
RESERVED: Final = ("encoder_name", "encoder_weights", STRIDE, "in_channels", "classes", "activation", "aux_params")
"""Arguments of smp that are not for `options`: they are fields, or would make something else than logits come out."""
PROBE: Final = 256
"""Side in pixels of the image, without content, on which a network is tried before the run."""


class SegmentationNetwork(nn.Module):
    """A network of smp that takes any size: images are padded at the right and at the bottom, and the logits cropped.

    The padding is zero, which is the mean colour. smp itself refuses sizes that its encoder's stride does not divide.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    @property
    def encoder(self) -> nn.Module:
        """The part that comes with weights."""
        return self.network.get_submodule("encoder")

    def forward(self, images: Images) -> Float[Tensor, "b labels h w"]:
        """Return the logits of every label at every pixel."""
        height, width = images.shape[-2:]
        stride: Any = self.encoder.output_stride
        logits: Tensor = self.network(functional.pad(images, (0, -width % stride, 0, -height % stride)))
        return logits[..., :height, :width]

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters that came with weights."""
        return self.encoder.parameters()

    def decoder_parameters(self) -> Iterator[nn.Parameter]:
        """All other parameters, which are usually trained faster."""
        own = {id(parameter) for parameter in self.encoder.parameters()}
        return (parameter for parameter in self.parameters() if id(parameter) not in own)


@dataclass(frozen=True, kw_only=True)
class SegmenterOptions(Configurable):
    """Which architecture of smp, on which encoder (`tu-` and timm's name, or one of smp's own), from which weights.

    `encoder_weights` is `classifier` (the trained classifier's backbone), `imagenet` (a download), `packaged`
    (EfficientNet-Lite0, offline), the path of a timm state dict, or `none`. `output_stride` is the encoder's where the
    architecture lets one choose (DeepLabV3, DeepLabV3Plus and PAN), and 32 elsewhere. `options` are passed on to smp.
    """

    architecture: str = "DeepLabV3Plus"
    encoder: str = "tu-tf_efficientnet_lite0"
    encoder_weights: str = CLASSIFIER
    output_stride: int = 16
    options: dict[str, Any] = field(default_factory=dict)

    def check(self, classifier: ClassifierOptions | None = None) -> None:
        """Refuse with a `ModelError` what cannot be built and weights that do not fit; takes about half a second.

        `classifier` is the one that will be trained before; without it, whether its backbone fits is not looked at.
        """
        self._check_options()
        check_encoder(self.encoder, pretrained=self.encoder_weights == DOWNLOADED)
        with self._on_meta():
            network = self._tried()
            if self.encoder_weights != CLASSIFIER:
                self._start(network, None)
            elif classifier is not None:
                self._start(network, classifier.outline())

    def weights_file(self) -> Path | None:
        """Return the file that `encoder_weights` names, None where it is a word."""
        return None if self.encoder_weights == CLASSIFIER else file_of(self.encoder_weights)

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Weights that lie in a file count by their bytes."""
        path = self.weights_file()
        return {"encoder_weights": (path,)} if path else {}

    def code(self) -> tuple[Path, ...]:
        """An encoder of a plug-in counts by its module."""
        return backbone_modules(self.encoder.removeprefix(TIMM))

    def normalisation(self, classifier: Normalisation | None = None) -> Normalisation:
        """Return how pixels must be normalised for these weights; `classifier` is the trained classifier's."""
        if self.encoder_weights == CLASSIFIER:
            return _given(classifier)
        return encoder_normalisation(self.encoder, weights=self.encoder_weights)

    def build(self, labels: int, classifier: GAPClassifier | None = None) -> SegmentationNetwork:
        """Return the network for `labels` labels, background included, its encoder filled with the first weights.

        Raises a `ModelError` where the weights cannot be had or do not fit the encoder.
        """
        self.check()
        with download(self.encoder):
            network = self._create(labels, pretrained=self.encoder_weights == DOWNLOADED)
        network.encoder.load_state_dict(self._start(network, classifier))
        return network

    def skeleton(self, labels: int) -> SegmentationNetwork:
        """Return the network without weights, for a checkpoint to fill."""
        return self._create(labels, pretrained=False)

    def outline(self) -> SegmentationNetwork:
        """Return a network of one label for looking at, which takes no memory where that is possible."""
        with self._on_meta():
            return self.skeleton(1)

    def _on_meta(self) -> torch.device:
        """Return where a network takes neither memory nor time; some of smp's own encoders cannot be made there."""
        return torch.device("meta" if self.encoder.startswith(TIMM) else "cpu")

    def _create(self, labels: int, *, pretrained: bool) -> SegmentationNetwork:
        stride = {STRIDE: self.output_stride} if STRIDE in _arguments(self.architecture) else {}
        wanted = True if self.encoder.startswith(TIMM) else DOWNLOADED
        network = _architecture(self.architecture)(
            encoder_name=self.encoder,
            encoder_weights=wanted if pretrained else None,
            classes=labels,
            **stride,
            **self.options,
        )
        return SegmentationNetwork(network)

    def _start(self, network: SegmentationNetwork, classifier: GAPClassifier | None) -> Weights:
        """Return the encoder's first weights where they are not its own; raises `ModelError` where they do not fit."""
        own: Weights = network.encoder.state_dict()
        if self.encoder_weights in (DOWNLOADED, UNTRAINED):
            return own
        origin = f"encoder_weights {self.encoder_weights!r} for {self.encoder}"
        if self.encoder_weights == CLASSIFIER:
            return _of_classifier(own, _given(classifier), origin=origin)
        source = PACKAGED_BACKBONE if self.encoder_weights == PACKAGED else "<the timm network they are of>"
        weights = stored_weights(self.encoder_weights)
        return fitting(own, weights, origin=origin, remedy=f"the encoder that fits is {TIMM}{source}")

    def _tried(self) -> SegmentationNetwork:
        """Build the network on the default device, and see whether it answers as many pixels as it is asked."""
        try:
            network = self._create(1, pretrained=False).eval()
            with torch.no_grad():
                answer = network.network(torch.zeros(1, 3, PROBE, PROBE))
        except (AssertionError, KeyError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
            raise ModelError(
                f"{self} cannot be built by smp ({type(error).__name__}: {error}); change one of these"
            ) from error
        if answer.shape != (1, 1, PROBE, PROBE):
            raise ModelError(f"{self} answers {PROBE} x {PROBE} pixels with {tuple(answer.shape)}; change its options")
        return network

    def _check_options(self) -> None:
        known = _arguments(self.architecture)
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


def _arguments(architecture: str) -> list[str]:
    constructor = signature(_architecture(architecture).__init__)
    return [name for name in constructor.parameters if name not in ("self", "kwargs")]


def _architecture(name: str) -> type[nn.Module]:
    """Return the class; raises `ModelError` with what there is instead."""
    from wsss.models.architectures import ARCHITECTURES  # noqa: PLC0415 - it takes seconds to import

    if name not in ARCHITECTURES:
        raise ModelError(f"architecture: smp has no {name!r}; it has: {one_of(list(ARCHITECTURES))}")
    return ARCHITECTURES[name]


def _of_classifier(own: Weights, classifier: GAPClassifier, *, origin: str) -> Weights:
    """Return a trained classifier's backbone as an encoder's weights."""
    if len({*classifier.strides.values()}) == 1:
        raise ModelError(
            f"{origin}: the classifier's backbone has maps of one resolution only, and an encoder needs several; "
            "choose `imagenet`, `packaged`, a path or `none`"
        )
    backbone = classifier.backbone
    remedy = f"the encoder that fits is {TIMM}{name_of(backbone)}"
    return fitting(own, backbone.state_dict(), origin=origin, remedy=remedy)


Source = TypeVar("Source")


def _given(classifier: Source | None) -> Source:
    if classifier is None:
        raise ModelError(
            "encoder_weights 'classifier': there is none here; choose `imagenet`, `packaged`, a path or `none`"
        )
    return classifier
