"""Weights that timm publishes: their address, size and licence; asks no server."""

from typing import Final

from torch import nn

from wsss import models
from wsss.models.weights.downloads import Download

FLOAT: Final = 4
"""Bytes of a number."""
HUB_FILE: Final = "model.safetensors"
"""What timm looks for in a repository of the Hugging Face Hub."""


def source_of(name: str) -> str:
    """Return where timm downloads the weights of a network from."""
    config = models.zoo.timm.get_pretrained_cfg(name)
    if config is not None and config.hf_hub_id:
        return f"https://huggingface.co/{config.hf_hub_id}/resolve/main/{config.hf_hub_filename or HUB_FILE}"
    return str(config.url) if config is not None and config.url else f"the weights of {name}"


def download_of(name: str, network: nn.Module) -> Download:
    """Return what timm downloads for a network; `network` has its weights, or an outline of them."""
    config = models.zoo.timm.get_pretrained_cfg(name)
    numbers = sum(parameter.numel() for parameter in network.parameters())
    licence = "" if config is None else str(config.license or "")
    return Download(name=name, source=source_of(name), size=FLOAT * numbers, licence=licence)
