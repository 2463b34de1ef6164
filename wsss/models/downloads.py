"""Weights that a network downloads before it begins: what, from where, how large, and under which licence."""

from dataclasses import dataclass
from typing import Final

from torch import nn

from wsss import models
from wsss.models.weights import source_of

FLOAT: Final = 4
"""Bytes of a number."""


@dataclass(frozen=True, kw_only=True)
class Download:
    """One file of weights."""

    name: str
    source: str
    size: int
    """Bytes, by the count of its numbers."""
    licence: str
    """As timm notes it; empty where it does not."""


def download_of(name: str, network: nn.Module) -> Download:
    """Return what timm downloads for a network; `network` has its weights, or an outline of them."""
    config = models.zoo.timm.get_pretrained_cfg(name)
    numbers = sum(parameter.numel() for parameter in network.parameters())
    licence = "" if config is None else str(config.license or "")
    return Download(name=name, source=source_of(name), size=FLOAT * numbers, licence=licence)
