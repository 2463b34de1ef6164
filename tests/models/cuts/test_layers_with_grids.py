from typing import Any

import pytest
import timm
import torch
from networks import shake
from torch import Tensor, nn

from wsss.errors import ModelError
from wsss.models.cuts.layers_with_grids import GridLayer, chosen_layer, layers_with_grids, named_layer


def layers_of(network: nn.Module, *, side: int = 64) -> dict[str, GridLayer]:
    def highest(answer: Tensor) -> Tensor:
        return answer.max()

    return layers_with_grids(network.eval(), torch.randn(1, 3, side, side), call=network, score=highest)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("resnet18", {}, "layer4"),
        ("convnext_atto", {}, "stages"),
        ("vgg11", {"num_classes": 3}, "features"),
        ("vit_tiny_patch16_224", {"img_size": 64, "depth": 2}, "blocks.1.norm1"),  # what answers is the class token
        ("vit_tiny_patch16_224", {"img_size": 64, "depth": 2, "global_pool": "avg"}, "blocks"),
        ("swin_tiny_patch4_window7_224", {"img_size": 64, "window_size": 2, "depths": (1, 1, 1, 1)}, "norm"),
    ],
)
def test_the_last_layer_on_whose_cells_the_answer_depends(name: str, options: dict[str, Any], expected: str):
    torch.manual_seed(0)
    network = timm.create_model(name, **{"num_classes": 5, **options})
    shake(network)
    layers = layers_of(network)
    assert chosen_layer(layers, answer=torch.zeros(1, 5)).name == expected
    assert not any(module._forward_hooks for module in network.modules())


def small() -> nn.Sequential:
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2))
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 5, 2, stride=2), nn.Dropout(), *head)


def test_layers_are_named_with_their_shapes():
    layers = layers_of(small(), side=16)
    assert [layer.words for layer in layers.values()] == [
        "0 (4 x 14 x 14)",
        "1 (4 x 14 x 14)",
        "2 (5 x 7 x 7)",
        "3 (5 x 7 x 7)",
    ]
    assert chosen_layer(layers, answer=torch.zeros(1, 2)).name == "2"
    assert chosen_layer(layers, answer=torch.zeros(1, 5)).name == "1"  # layer 2 has as many channels as the answer


def test_networks_that_do_not_classify_are_read_where_cells_are_fewest():
    fine = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.Upsample(size=16), nn.Conv2d(4, 2, 1))
    layers = layers_of(fine, side=16)
    assert chosen_layer(layers, answer=torch.zeros(1, 2, 16, 16)).name == "0"


def test_layers_that_cannot_be_read_are_refused_with_those_that_can():
    layers = layers_of(small(), side=16)
    with pytest.raises(ModelError, match=r"no maps can be read from '6'; layers with a grid: 3 \(5 x 7 x 7\), 2"):
        named_layer(layers, "6")
    torch.manual_seed(0)
    network = timm.create_model("vit_tiny_patch16_224", img_size=64, depth=2, num_classes=5)
    shake(network)
    with pytest.raises(ModelError, match=r"does not depend on the cells of 'blocks\.1'"):
        named_layer(layers_of(network), "blocks.1")
    with pytest.raises(ModelError, match="none of this network's layers returns a grid"):
        chosen_layer({}, answer=torch.zeros(1, 2))
