"""ClassifierOptions: what is built, and what cannot be had."""

import pytest
from builders import named

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
