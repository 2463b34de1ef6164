"""Weights of Caffe's ResNets as deeplab-pytorch names them, for timm's: `deeplabv1_resnet101-imagenet.pth` or `-coco`.

These networks see blue before green before red, in 0 .. 255 and without a division by a deviation. Turning the first
convolution round leaves the rest of the code with red first.
"""

import re
from collections.abc import Mapping
from typing import Final

from torch import Tensor

from wsss.models.normalisation import Normalisation

STEM: Final = "layer1.conv1.conv.weight"
"""The first convolution there; timm has no such name."""
NORMALISATION: Final = Normalisation(
    mean=(122.675 / 255, 116.669 / 255, 104.008 / 255), std=(1 / 255, 1 / 255, 1 / 255)
)
PREFIX: Final = re.compile(r"^(module\.)?(base\.)?")
"""What wrappers of whole networks put before a name."""
STEM_PARTS: Final = {"conv": "conv1", "bn": "bn1"}
PARTS: Final = {
    ("reduce", "conv"): "conv1",
    ("reduce", "bn"): "bn1",
    ("conv3x3", "conv"): "conv2",
    ("conv3x3", "bn"): "bn2",
    ("increase", "conv"): "conv3",
    ("increase", "bn"): "bn3",
    ("shortcut", "conv"): "downsample.0",
    ("shortcut", "bn"): "downsample.1",
}


def is_caffe(weights: Mapping[str, Tensor]) -> bool:
    """Tell whether a state dict is of a Caffe ResNet as deeplab-pytorch names it."""
    return any(_bare(name) == STEM for name in weights)


def from_caffe(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the encoder's tensors under timm's names, the first convolution for red, green and blue.

    Heads (`fc`, `aspp`) are left out: they are of other classes.
    """
    named = {timm_name(_bare(name)): tensor for name, tensor in weights.items()}
    own = {name: tensor for name, tensor in named.items() if name is not None}
    return own | {"conv1.weight": own["conv1.weight"].flip(1)}


def timm_name(name: str) -> str | None:
    """Return a tensor's name in timm's ResNet, None where it is not of the encoder.

    >>> timm_name("layer4.block23.shortcut.bn.running_var")
    'layer3.22.downsample.1.running_var'
    """
    match name.split("."):
        case ["layer1", "conv1", part, tensor]:
            return f"{STEM_PARTS[part]}.{tensor}"
        case [layer, block, branch, part, tensor] if (branch, part) in PARTS:
            stage, place = int(layer.removeprefix("layer")) - 1, int(block.removeprefix("block")) - 1
            return f"layer{stage}.{place}.{PARTS[branch, part]}.{tensor}"
        case _:
            return None


def _bare(name: str) -> str:
    return PREFIX.sub("", name)
