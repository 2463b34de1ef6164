"""Small networks of every kind, on which a CAM method is checked."""

from functools import cache
from typing import Final

import torch
from torch import nn
from torch.nn import functional

from wsss.methods.lpcam.network import PrototypeClassifier
from wsss.methods.mctformer.network import ClassTokenClassifier
from wsss.models.clip.prompted import PromptedClassifier
from wsss.models.clip.tower import ClipTower
from wsss.models.cuts.transformers import ANY_SIZE
from wsss.testing.families import FAMILIES, narrow_vit, small_family_network
from wsss.testing.tiny import CLASSES, TinyGAP, TinyMLP, shake, tiny_pairs

PROMPTS: Final = 2
"""Background prompts of the prompted network."""


def tiny_prompted() -> PromptedClassifier:
    """A narrow image tower of CLIP with two background prompts."""
    net = narrow_vit(pre_norm=True, act_layer="quick_gelu", num_classes=10)
    network = PromptedClassifier(ClipTower(net, positions="bilinear"), classes=CLASSES, prompts=PROMPTS)
    shake(network)
    network.tell(functional.normalize(network.get_buffer("vectors"), dim=1), scale=10)
    return network.eval()


def tiny_prototypes() -> PrototypeClassifier:
    """A linear head, and three vectors of parts and surroundings of every class, one of which is not in use."""
    network = PrototypeClassifier(TinyGAP(), classes=CLASSES, channels=5, clusters=3)
    shake(network)
    network.get_buffer("used").copy_(torch.arange(6 * CLASSES).reshape(2, CLASSES, 3) % 3 > 0)
    return network.eval()


def tiny_class_tokens() -> ClassTokenClassifier:
    """A narrow ViT with a token for each class."""
    net = narrow_vit(**ANY_SIZE)
    for unused in ("head", "head_drop"):
        setattr(net, unused, nn.Identity())
    network = ClassTokenClassifier(net, classes=CLASSES, decay=0.9)
    shake(network)
    with torch.no_grad():  # XGrad-CAM divides by the sums of channels, which rounding must not bring to zero
        network.get_parameter("backbone.blocks.2.mlp.fc2.bias").add_(3)
    return network.eval()


@cache
def small_networks() -> dict[str, nn.Module]:
    """Return networks of four classes by what they are, made once: leave their weights and modes alone."""
    by_hand: dict[str, nn.Module] = {
        "linear head": TinyGAP(),
        "deeper head": TinyMLP(),
        "binary classifiers": tiny_pairs(),
        "prompted": tiny_prompted(),
        "prototypes": tiny_prototypes(),
        "class tokens": tiny_class_tokens(),
    }
    return by_hand | {family: small_family_network(family) for family in FAMILIES}
