"""Architectures and encoders of segmentation-models-pytorch, and DeepLabV2, which it lacks. Import lazily."""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, Final

from torch import nn

from wsss.errors import ModelError, one_of
from wsss.models.segmenters.deeplab_v2 import DeepLabV2, DeepLabV2Network
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.models.zoo import without

with without("wandb"):  # smp imports timm
    import segmentation_models_pytorch as smp
    from segmentation_models_pytorch import encoders

ARCHITECTURES: Final[Mapping[str, type[nn.Module]]] = {
    architecture.__name__: architecture for architecture in (*smp.MODEL_ARCHITECTURES_MAPPING.values(), DeepLabV2)
}
ENCODERS: Final[Mapping[str, Mapping[str, Any]]] = encoders.encoders
"""smp's own, without timm's; with what is known of their pretrained weights."""

preprocessing: Final[Callable[[str], dict[str, Any]]] = encoders.get_preprocessing_params
"""How an encoder's ImageNet weights want pixels to be normalised; smp downloads the small file that says it."""


def wrapped(network: nn.Module) -> SegmentationNetwork:
    """Return a network of one of these architectures as one for images of any size."""
    return DeepLabV2Network(network) if isinstance(network, DeepLabV2) else SegmentationNetwork(network)


def arguments(name: str) -> list[str]:
    """Return the names of what an architecture's class takes; raises what `architecture` raises."""
    constructor = signature(architecture(name).__init__)
    return [name for name in constructor.parameters if name not in ("self", "kwargs")]


def architecture(name: str) -> type[nn.Module]:
    """Return the class of an architecture; raises `ModelError` with what there is instead."""
    if name not in ARCHITECTURES:
        raise ModelError(f"architecture: smp has no {name!r}; it has: {one_of(list(ARCHITECTURES))}")
    return ARCHITECTURES[name]
