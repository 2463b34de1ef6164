"""The encoder of a segmentation network as a block from which CAM methods read maps."""

from typing import Final

import torch
from torch import nn

from wsss.errors import ModelError
from wsss.models.cuts.hooked import Hooked
from wsss.models.cuts.layers_with_grids import GridLayer, layers_with_grids
from wsss.protocols import Segments

PROBE: Final = 128
"""Pixels a side of the image on which layers are found."""
LAST: Final = "last"
"""The block's name, as every network has it that can be cut."""
ENCODER: Final = "encoder"


def cut_segmenter(network: nn.Module) -> Hooked:
    """Return a segmentation network that is cut at the last layer of its encoder, the coarsest that it depends on.

    Raises `ModelError` where no layer has a grid.
    """
    assert isinstance(network, Segments), "its stage made sure"
    device = next(network.parameters()).device
    images = torch.rand(1, 3, PROBE, PROBE, generator=torch.Generator().manual_seed(0)).to(device)
    layers = layers_with_grids(network, images, call=network.segment, score=lambda answer: answer.square().sum())
    last = _coarsest(layers)
    stride = max(1, round(PROBE / last.shape[1]))
    return Hooked(network, {LAST: last.module}, call=network.segment, stride=stride)


def _coarsest(layers: dict[str, GridLayer]) -> GridLayer:
    useful = [layer for layer in layers.values() if layer.reaches]
    encoder = [layer for layer in useful if ENCODER in layer.name.split(".")] or useful
    if not encoder:
        raise ModelError("none of the segmentation network's layers returns a grid, so no maps can be read from it")
    fewest = min(layer.cells for layer in encoder)
    return [layer for layer in encoder if layer.cells == fewest][-1]
