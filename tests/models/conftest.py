from collections.abc import Callable
from functools import cache

import pytest
import torch
from builders import named
from torch import nn

from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import GAPClassifier


def shaken(network: nn.Module) -> nn.Module:
    """Give every tensor an arbitrary value: fresh residual branches and norms do next to nothing."""
    generator = torch.Generator().manual_seed(3)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            low, high = (0.5, 1.5) if "var" in name or tensor.ndim == 1 else (-0.1, 0.1)
            tensor.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)
    return network


@cache
def _classifier(backbone: str, output_stride: int) -> GAPClassifier:
    options = ClassifierOptions(backbone=backbone, weights="none", output_stride=output_stride)
    network = shaken(options.build(named(4))).eval()
    assert isinstance(network, GAPClassifier)
    return network


@pytest.fixture(scope="session")
def classifier() -> Callable[..., GAPClassifier]:
    """Networks with arbitrary weights and four classes, made once: leave their weights and their mode alone."""
    return _classifier
