from collections.abc import Callable
from functools import cache

import pytest
import timm
import torch
from torch import nn

from wsss.errors import ModelError
from wsss.models.cuts.chain import run
from wsss.models.cuts.families import (
    FAMILIES,
    blocks_of,
    check_backbone,
    check_name,
    create_backbone,
    family_of,
    outline,
)
from wsss.models.gap import GAPClassifier
from wsss.types import Cut

Build = Callable[[str, int], GAPClassifier]

STRIDES = {
    ("tf_efficientnet_lite0", 32): [2, 2, 4, 8, 16, 16, 32, 32, 32],
    ("tf_efficientnet_lite0", 16): [2, 2, 4, 8, 16, 16, 16, 16, 16],
    ("tf_efficientnet_lite0", 8): [2, 2, 4, 8, 8, 8, 8, 8, 8],
    ("mobilenetv3_small_050", 32): [2, 4, 8, 16, 16, 32, 32],
    ("resnet18", 32): [4, 4, 8, 16, 32],
    ("resnet18", 16): [4, 4, 8, 16, 16],
    ("vgg11_bn", 32): [1, 2, 4, 8, 16, 32],
    ("convnext_atto", 32): [4, 4, 8, 16, 32],
    ("convnext_atto", 16): [4, 4, 8, 16, 16],
    ("test_vit", 16): [16] * 8,
    ("vit_small_patch14_dinov2", 14): [14] * 14,
    ("vit_small_patch16_dinov3", 16): [16] * 14,
}
OUTPUT_STRIDE = {"test_vit": 16, "vit_small_patch14_dinov2": 14, "vit_small_patch16_dinov3": 16}
"""Where it is not 32."""
CHANNELS = {
    "tf_efficientnet_lite0": 1280,
    "mobilenetv3_small_050": 288,
    "resnet18": 512,
    "vgg11_bn": 512,
    "convnext_atto": 320,
    "test_vit": 64,
    "vit_small_patch14_dinov2": 384,
    "vit_small_patch16_dinov3": 384,
}
CONVOLUTIONAL = [name for name in CHANNELS if name not in OUTPUT_STRIDE]


@cache
def on_meta(name: str, output_stride: int = 32) -> nn.Module:
    with torch.device("meta"):
        return create_backbone(name, output_stride=output_stride)


@pytest.mark.parametrize(("name", "output_stride"), STRIDES)
def test_strides_are_those_of_the_architecture(name: str, output_stride: int):
    blocks = blocks_of(on_meta(name, output_stride))
    assert [block.stride for block in blocks.values()] == STRIDES[name, output_stride]
    assert list(blocks) == ["stem", *(f"block{i}" for i in range(1, len(blocks) - 1)), "last"]
    assert blocks["last"].channels == CHANNELS[name]


def test_every_family_is_tested():
    assert {family_of(on_meta(name, OUTPUT_STRIDE.get(name, 32))) for name in CHANNELS} == set(FAMILIES)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
@pytest.mark.parametrize("size", [(64, 64), (75, 101), (32, 32)])
def test_blocks_in_a_row_are_forward_features(classifier: Build, name: str, size: tuple[int, ...]):
    net = classifier(name, 32).backbone
    images = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
    cut = Cut(maps=images.clone(), stride=1)
    with torch.no_grad():
        for block in blocks_of(net).values():
            cut = run(net, block, cut)
            assert cut.stride == block.stride
        assert torch.equal(cut.maps, net.forward_features(images))
    assert cut.maps.std() > 0


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_what_remains_gives_the_same_features_as_all_of_timm(classifier: Build, name: str):
    net = classifier(name, 32).backbone
    whole = timm.create_model(name).eval() if name != "vgg11_bn" else timm.create_model(name, mlp_ratio=0.01).eval()
    missing = whole.load_state_dict(net.state_dict(), strict=False)
    assert not missing.unexpected_keys
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(net.forward_features(images), whole.forward_features(images))


def test_layers_after_the_pooling_are_gone(classifier: Build):
    gone = {"mobilenetv3_small_050": "conv_head", "vgg11_bn": "pre_logits", "convnext_atto": "head", "resnet18": "fc"}
    for name, child in gone.items():
        assert isinstance(classifier(name, 32).backbone.get_submodule(child), nn.Identity)


def test_a_tail_without_effect_leaves_the_name_last_to_the_last_stage():
    assert blocks_of(on_meta("convnext_atto"))["last"].paths == ("stages.3",)
    assert blocks_of(on_meta("tf_efficientnet_lite0"))["last"].paths == ("conv_head", "bn2")


def test_finding_the_blocks_leaves_the_network_as_it_was():
    net = create_backbone("resnet18", output_stride=32).train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    blocks_of(net)
    assert net.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_modules_that_a_wrapper_replaced_are_the_ones_that_run():
    net = create_backbone("resnet18", output_stride=32).eval()
    blocks = blocks_of(net)
    net.bn1 = nn.Threshold(0.0, 7.0)
    assert run(net, blocks["stem"], Cut(maps=torch.zeros(1, 3, 32, 32), stride=1)).maps.eq(7).all()


@pytest.mark.parametrize("name", ["vgg11_bn", "mobilenetv3_small_050"])
def test_a_stride_that_timm_cannot_do_is_refused_with_the_ones_it_can(name: str):
    with pytest.raises(ModelError, match=rf"cannot give {name} an output stride of 16; it can do 32$"):
        check_backbone(name, output_stride=16)


def test_all_strides_that_timm_can_do_are_named():
    with pytest.raises(ModelError, match=r"it can do 8, 16, 32$"):
        check_backbone("resnet18", output_stride=12)


@pytest.mark.parametrize(("name", "own"), [("test_vit", 16), ("vit_small_patch14_dinov2", 14)])
def test_a_transformers_stride_is_its_patch(name: str, own: int):
    with pytest.raises(ModelError, match=rf"cannot give {name} an output stride of 32; it can do {own}$"):
        check_backbone(name, output_stride=32)


def test_another_family_is_refused_with_the_known_ones():
    known = r"DenseNet.*EfficientNet, MobileNetV3, ResNet, VGG, ConvNeXt, Eva, VisionTransformer"
    with pytest.raises(ModelError, match=known):
        check_backbone("densenet121", output_stride=32)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ModelError, match="no network 'resnet5O'; the nearest names are: resnet5"):
        check_name("resnet5O")
    with pytest.raises(ModelError, match="no name is near it"):
        check_name("qqqqqq")


@pytest.mark.parametrize("name", ["?", "", "hf-hub:someone/network", "local-dir:/tmp", "resnet18\n", "../resnet18"])
def test_what_timm_would_fetch_is_refused_as_a_name(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("timm.create_model", None)
    with pytest.raises(ModelError, match="is not the plain name of a timm network"):
        check_name(name)
    with pytest.raises(ModelError, match="is not the plain name of a timm network"):
        create_backbone(name, output_stride=32)


def test_an_unknown_tag_is_refused_with_the_known_ones():
    check_name("vgg16.tv_in1k")
    with pytest.raises(ModelError, match=r"no weights 'in22k' of vgg16; it has: vgg16.tv_in1k"):
        check_name("vgg16.in22k")


def test_an_outline_takes_no_memory_and_is_made_once():
    net = outline("resnet10t", 32)
    assert {parameter.device.type for parameter in net.parameters()} == {"meta"}
    assert outline("resnet10t", 32) is net
