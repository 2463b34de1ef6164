"""ClassifierOptions: what is built, and what cannot be had."""

from dataclasses import replace

import pytest
import torch
from builders import named
from plain_resnet import PlainResNet, lively
from torch import nn

from wsss.errors import ModelError
from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import GAPClassifier


def test_a_skeleton_takes_the_state_of_what_was_built():
    options = ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)
    built, skeleton = options.build(named(3)), options.skeleton(named(3))
    assert isinstance(built, GAPClassifier)
    skeleton.load_state_dict(built.state_dict())
    assert built.head_weight.shape == (3, 288)
    assert "backbone.conv_stem.weight" in skeleton.state_dict()


@pytest.mark.parametrize("dilated", [True, False])
@pytest.mark.parametrize("output_stride", [16, 32])
def test_a_skeleton_s_layers_have_the_geometry_of_what_was_built(output_stride: int, dilated: bool):
    """No weight shows it: another stride or dilation takes the same state and computes other maps."""
    options = ClassifierOptions(backbone="resnet10t", weights="none", output_stride=output_stride, dilated=dilated)
    built, *others = (
        {name: str(layer) for name, layer in network.backbone.named_modules() if isinstance(layer, nn.Conv2d)}
        for network in (options.build(named(1)), options.skeleton(named(1)), options.outline())
    )
    assert others == [built, built]


def test_defaults_pass_the_check():
    ClassifierOptions().check()
    assert ClassifierOptions().content() == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ClassifierOptions(backbone="vgg11", weights="none"), "output stride of 16; it can do 32"),
        (ClassifierOptions(backbone="resnet18"), "'packaged' fit tf_efficientnet_lite0 only, not resnet18"),
        (ClassifierOptions(backbone="resnet18", weights="no/such.pth"), "'no/such.pth': no such file"),
        (ClassifierOptions(backbone="resnetv2_18", weights="imagenet"), "ResNetV2"),
        (ClassifierOptions(backbone="resnet10t.x", weights="imagenet"), "no weights 'x'"),
        (ClassifierOptions(backbone="hf-hub:someone/network", weights="imagenet"), "not the plain name"),
    ],
)
def test_the_check_refuses_what_cannot_be_had(options: ClassifierOptions, message: str):
    with pytest.raises(ModelError, match=message):
        options.check()
    with pytest.raises(ModelError, match=message):
        options.build(named(2))


def test_an_outline_takes_no_memory_and_has_every_block():
    options = ClassifierOptions(backbone="resnet10t", weights="none", output_stride=32)
    outline, real = options.outline(), options.skeleton(named(1))
    assert {parameter.device.type for parameter in outline.parameters()} == {"meta"}
    assert (outline.blocks, outline.strides, outline.channels) == (real.blocks, real.strides, real.channels)
    assert outline.trained_paths_until("block2") == real.trained_paths_until("block2")
    assert options.outline() is outline
    assert outline.stride == real.stride == 32


def test_an_outline_of_what_cannot_be_had_is_refused():
    with pytest.raises(ModelError, match="no network 'resnet1'"):
        ClassifierOptions(backbone="resnet1", weights="none").outline()


def test_irn_s_network_has_a_stride_of_16_and_no_dilation():
    options = ClassifierOptions(backbone="resnet50.tv_in1k", weights="none", output_stride=16, dilated=False)
    network = lively(options.build(named(3))).eval()
    plain = PlainResNet((3, 4, 6, 3), strides=(1, 2, 2, 1)).eval()
    plain.load_state_dict(network.backbone.state_dict())
    images = torch.randn(2, 3, 75, 101, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        maps, expected = network.until("last", images).maps, plain(images)
        dilated = replace(options, dilated=True).skeleton(named(3))
        dilated.load_state_dict(network.state_dict())
        otherwise = dilated.eval().until("last", images).maps
    assert maps.shape == (2, 2048, 5, 7)
    assert maps.std() > 0
    torch.testing.assert_close(maps / expected.std(), expected / expected.std(), atol=1e-5, rtol=0)
    assert (otherwise - maps).abs().max() > 0.1 * expected.std()


def test_kernels_of_any_size_are_closed():
    close, dilated = (
        ClassifierOptions(weights="none", output_stride=16, dilated=dilated).outline().backbone
        for dilated in (False, True)
    )
    before = {(conv.kernel_size, conv.dilation) for conv in dilated.modules() if isinstance(conv, nn.Conv2d)}
    after = {(conv.kernel_size, conv.padding, conv.dilation) for conv in close.modules() if isinstance(conv, nn.Conv2d)}
    assert {((5, 5), (2, 2)), ((3, 3), (2, 2))} <= before
    assert {dilation for *_, dilation in after} == {(1, 1)}
    assert {((5, 5), (2, 2), (1, 1)), ((3, 3), (1, 1), (1, 1))} <= after
