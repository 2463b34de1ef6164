"""Small networks of every kind, on which a CAM method is checked."""

from functools import cache

from torch import nn

from wsss.testing.families import FAMILIES, small_family_network
from wsss.testing.tiny import TinyGAP, TinyMLP, tiny_pairs


@cache
def small_networks() -> dict[str, nn.Module]:
    """Return networks of four classes by what they are, made once: leave their weights and modes alone."""
    by_hand: dict[str, nn.Module] = {
        "linear head": TinyGAP(),
        "deeper head": TinyMLP(),
        "binary classifiers": tiny_pairs(),
    }
    return by_hand | {family: small_family_network(family) for family in FAMILIES}
