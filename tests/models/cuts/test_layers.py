from collections.abc import Callable
from typing import Any

import pytest
import torch
from networks import shake
from timm.layers import BlurPool2d
from timm.models._efficientnet_builder import decode_arch_def
from timm.models.efficientnet import EfficientNet
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from torch import Tensor, nn

from wsss.cams.relevance import Convolution, Pointwise, Sum, run
from wsss.errors import ModelError
from wsss.models.cuts.layers import from_pixels, layers_of
from wsss.models.gap import GAPClassifier, gap_classifier
from wsss.testing.families import small_family_network
from wsss.types import Cut

VARIANTS: dict[str, Callable[[], nn.Module]] = {
    "resnet-d with blur and gates": lambda: ResNet(
        (BasicBlock, Bottleneck, Bottleneck, BasicBlock),
        layers=(1, 1, 1, 1),
        channels=(6, 8, 4, 5),
        stem_width=4,
        stem_type="deep",
        avg_down=True,
        aa_layer=BlurPool2d,
        block_args={"attn_layer": "se"},
        drop_path_rate=0.1,
    ),
    "efficientnet with gates, padded as in TensorFlow": lambda: EfficientNet(
        decode_arch_def(
            [
                ["cn_r1_k3_s1_c6_skip"],
                ["er_r2_k3_s2_e2_c8"],
                ["ds_r1_k3_s2_c8_se0.25"],
                ["ir_r2_k5_s2_e3_c12_se0.25"],
            ]
        ),
        stem_size=6,
        num_features=16,
        act_layer=nn.SiLU,
        pad_type="same",
        drop_path_rate=0.1,
    ),
}
NETWORKS = ["vgg", "resnet", "efficientnet_lite", "mobilenetv3", *VARIANTS]


def network_of(name: str) -> GAPClassifier:
    if name not in VARIANTS:
        return small_family_network(name)
    network = gap_classifier(VARIANTS[name](), classes=4)
    shake(network)
    return network.eval()


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [(64, 64), (45, 38)])
def test_layers_in_a_row_are_the_block(name: str, size: tuple[int, int]):
    network = network_of(name)
    maps = torch.randn(2, 3, *size)
    with torch.no_grad():
        for block in network.blocks:
            expected = network._run((block,), Cut(maps=maps.clone(), stride=1)).maps
            kept = maps.clone()
            found = run(network.layers(block), maps)
            assert torch.equal(maps, kept)
            assert found.std() > 0
            assert torch.allclose(found, expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max()))
            maps = expected


@pytest.mark.parametrize("name", NETWORKS)
def test_only_the_first_layer_reads_pixels(name: str):
    network = network_of(name)
    layers = [layer for block in network.blocks for layer in network.layers(block)]
    assert [layer.pixels for layer in layers if isinstance(layer, Convolution)].count(True) == 1
    assert isinstance(layers[0], Convolution)
    assert layers[0].pixels


def test_residual_blocks_become_sums():
    blocks = {block: small_family_network("resnet").layers(block) for block in ("stem", "block1")}
    assert [type(layer) for layer in blocks["block1"]] == [Sum, Pointwise]
    ((main, shortcut),) = [layer.branches for layer in blocks["block1"] if isinstance(layer, Sum)]
    assert [type(layer) for layer in main] == [Convolution, Convolution]
    assert [type(layer) for layer in shortcut] in ([Convolution], [])


def with_norm(weight: list[float], *, affine: bool = True) -> Any:
    """A sum of two channels, and their difference, with a batch norm."""
    conv, norm = nn.Conv2d(2, 2, 1, bias=False), nn.BatchNorm2d(2, affine=affine).eval()
    conv.weight.data = torch.tensor([[1.0, 1.0], [1.0, -1.0]])[:, :, None, None]
    if affine:
        norm.weight.data = torch.tensor(weight)
    (layer,) = layers_of([conv, norm, nn.ReLU(inplace=True)])
    return layer


def column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)[None, :, None, None]


def test_the_scale_of_a_norm_cancels():
    plain = with_norm([], affine=False).back(column(1, 3), column(4, 4))
    # 1 and 3 of the sum's 4; of the difference all is the first's.
    assert plain.flatten().tolist() == pytest.approx([5, 3])
    scaled = with_norm([0.5, 8.0]).back(column(1, 3), column(4, 4))
    assert torch.allclose(scaled, plain)


def test_a_norm_may_turn_evidence_around():
    # The second channel is now the second input less the first.
    raw = with_norm([0.5, -8.0]).back(column(1, 3), column(4, 4))
    assert raw.flatten().tolist() == pytest.approx([1, 7])


def test_a_norm_behind_an_activation_is_no_part_of_the_weight():
    conv = nn.Conv2d(3, 4, 1, bias=False)
    norm = nn.BatchNorm2d(4).eval()
    norm.weight.data.fill_(-2)
    (layer,) = layers_of([conv, nn.ReLU(), norm])
    assert isinstance(layer, Convolution)
    assert torch.equal(layer.weight, conv.weight)
    assert not layer.weight.requires_grad
    maps = torch.randn(1, 3, 2, 2)
    assert torch.equal(layer.run(maps), norm(conv(maps).relu()))


def test_what_does_nothing_is_left_out():
    assert layers_of([nn.Identity(), nn.Sequential(nn.Identity())]) == ()


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Sequential(nn.GroupNorm(1, 3)), "cannot cross a GroupNorm: .*classifier=resnet50"),
        (nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"), "padding is 'reflect'"),
    ],
)
def test_what_cannot_be_crossed_is_named(module: nn.Module, message: str):
    with pytest.raises(ModelError, match=message):
        layers_of([module])


@pytest.mark.parametrize("first", [(), (nn.ReLU(),)])
def test_the_image_is_reached_through_a_convolution(first: tuple[nn.Module, ...]):
    with pytest.raises(ModelError, match="does not begin with a convolution"):
        from_pixels(layers_of(first))


def test_a_block_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="has no 'block9'"):
        small_family_network("vgg").layers("block9")
