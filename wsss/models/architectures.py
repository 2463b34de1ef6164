"""Architectures and encoders of segmentation-models-pytorch, and DeepLabV2, which it lacks. Import lazily."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from torch import nn

from wsss.models.deeplab_v2 import DeepLabV2, DeepLabV2Network
from wsss.models.segmentation import SegmentationNetwork
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
