"""DeepLabV2 is the network that deeplab-pytorch has, weights and pixels included."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import named
from plain_deeplab import PlainDeepLabV2
from plain_resnet import lively
from torch import Tensor, nn

from wsss.errors import ModelError
from wsss.models.classifier import ClassifierOptions
from wsss.models.segmenters.deeplab_v2 import DeepLabV2, DeepLabV2Network
from wsss.models.segmenters.segmenter import SegmenterOptions
from wsss.models.weights.caffe import NORMALISATION

MEAN_BGR = np.array([104.008, 116.669, 122.675], dtype=np.float32)
DEEPLAB = SegmenterOptions(
    architecture="DeepLabV2", encoder="tu-resnet101", encoder_weights="none", output_stride=8, options={"caffe": True}
)
SMALL = SegmenterOptions(architecture="DeepLabV2", encoder="tu-resnet26", encoder_weights="none", output_stride=8)


def close(ours: Tensor, theirs: Tensor) -> None:
    """Equal within 1e-5 of what the values spread over."""
    torch.testing.assert_close(ours / theirs.std(), theirs / theirs.std(), atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def plain() -> PlainDeepLabV2:
    network = PlainDeepLabV2((3, 4, 23, 3), labels=4)
    lively(network)
    return network.eval()


@pytest.fixture(scope="module")
def file(plain: PlainDeepLabV2, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights as they are handed out, of a whole network with its head."""
    path = tmp_path_factory.mktemp("weights") / "deeplabv1_resnet101.pth"
    torch.save({f"base.{name}": tensor for name, tensor in plain.state_dict().items()}, path)
    return path


def with_weights(file: Path, *, head: nn.Module) -> DeepLabV2Network:
    options = replace(DEEPLAB, encoder_weights=str(file))
    options.check()
    assert options.normalisation == NORMALISATION
    network = options.build(named(3)).eval()
    assert isinstance(network, DeepLabV2Network)
    for own, other in zip(network.network.head, head.children(), strict=True):
        own.load_state_dict(other.state_dict())
    return network


def test_it_is_deeplab_pytorch_s_on_the_weights_that_are_handed_out(plain: PlainDeepLabV2, file: Path):
    network = with_weights(file, head=plain.aspp)
    pixels = np.random.default_rng(0).integers(0, 256, size=(97, 129, 3), dtype=np.uint8)
    theirs = torch.from_numpy(pixels[..., ::-1].astype(np.float32) - MEAN_BGR).permute(2, 0, 1)[None]
    ours = NORMALISATION(pixels)[None]
    with torch.no_grad():
        expected = plain.msc(theirs)
        pyramid = network.learnt(ours)
        assert [tuple(each.shape[-2:]) for each in pyramid] == [(13, 17), (7, 9), (10, 13), (13, 17)]
        for own, other in zip(pyramid, expected, strict=True):
            close(own, other)
        whole = nn.functional.interpolate(expected[0], size=(97, 129), mode="bilinear", align_corners=False)
        close(network.segment(ours), whole)


def test_without_caffe_strides_and_pooling_are_timm_s_and_every_block_of_a_stage_has_one_dilation():
    network = SMALL.build(named(2)).network
    assert isinstance(network, DeepLabV2)
    model = network.encoder.model
    dilations = [
        {conv.dilation[0] for conv in model.get_submodule(f"layer{stage}").modules() if isinstance(conv, nn.Conv2d)}
        for stage in (1, 2, 3, 4)
    ]
    assert dilations == [{1}, {1}, {1, 2}, {1, 4}]
    first = model.layer4[0]
    assert (first.conv1.stride, first.conv2.dilation, first.conv2.padding) == ((1, 1), (4, 4), (4, 4))
    assert (model.layer2[0].conv1.stride, model.layer2[0].conv2.stride) == ((1, 1), (2, 2))
    assert not model.maxpool.ceil_mode


def test_a_new_head_is_nearly_silent():
    head = SMALL.build(named(2)).network.head
    assert [conv.dilation[0] for conv in head] == [6, 12, 18, 24]
    assert all(not conv.bias.any() for conv in head)
    assert all(conv.weight.std().item() == pytest.approx(0.01, rel=0.05) for conv in head)


def test_scales_and_rates_are_options():
    options = SegmenterOptions(
        architecture="DeepLabV2",
        encoder="tu-resnet26",
        encoder_weights="none",
        output_stride=16,
        options={"msc": [0.5], "rates": [1, 2]},
    )
    options.check()
    network = options.build(named(2)).eval()
    with torch.no_grad():
        assert [tuple(each.shape) for each in network.learnt(torch.zeros(1, 3, 64, 64))] == [
            (1, 3, 4, 4),
            (1, 3, 2, 2),
            (1, 3, 4, 4),
        ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "resnet101"}, "DeepLabV2 has a ResNet of timm as its encoder, such as tu-resnet101"),
        ({"encoder": "tu-tf_efficientnet_lite0"}, "a ResNet of timm as its encoder, not a EfficientNet"),
        ({"options": {"msc": [0.0]}}, "msc are positive scales"),
        ({"options": {"rates": []}}, "rates at least one dilation"),
        ({"encoder": "tu-resnet18", "options": {"caffe": True}}, "Caffe's ResNets have bottlenecks"),
        ({"encoder_weights": "imagenet", "options": {"caffe": True}}, "not of a ResNet of Caffe's: set it to false"),
    ],
)
def test_refusals(options: dict[str, object], message: str):
    given = {"architecture": "DeepLabV2", "encoder": "tu-resnet26", "encoder_weights": "none", "output_stride": 8}
    with pytest.raises(ModelError, match=message):
        SegmenterOptions(**(given | options)).check()


def test_caffe_s_weights_are_refused_elsewhere(file: Path):
    for options in ({}, {"architecture": "DeepLabV3Plus"}):
        given = {"architecture": "DeepLabV2", "encoder": "tu-resnet101", "output_stride": 8} | options
        with pytest.raises(ModelError, match="only architecture=DeepLabV2 with options"):
            SegmenterOptions(encoder_weights=str(file), **given).check()
    classifier = ClassifierOptions(backbone="resnet101", weights=str(file))
    with pytest.raises(ModelError, match="they are of a ResNet of Caffe's"):
        classifier.check()
