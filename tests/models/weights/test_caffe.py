"""Names of Caffe's ResNets become timm's, and blue first becomes red first."""

import pytest
import timm
import torch
from plain_deeplab import PlainDeepLabV2

from wsss.models.weights.caffe import from_caffe, is_caffe, timm_name


def test_every_tensor_of_a_resnet_has_its_place():
    with torch.device("meta"):
        theirs = PlainDeepLabV2((3, 4, 23, 3), labels=2).state_dict()
        ours = timm.create_model("resnet101", num_classes=0).state_dict()
    converted = from_caffe(theirs)
    assert {name: tensor.shape for name, tensor in converted.items()} == {
        name: each.shape for name, each in ours.items()
    }
    assert is_caffe(theirs)
    assert not is_caffe(ours)


@pytest.mark.parametrize("before", ["", "base.", "module.base."])
def test_the_first_convolution_is_turned_round(before: str):
    weight = torch.arange(3.0)[None, :, None, None]
    converted = from_caffe({f"{before}layer1.conv1.conv.weight": weight, f"{before}fc.weight": weight})
    assert list(converted) == ["conv1.weight"]
    assert converted["conv1.weight"].flatten().tolist() == [2, 1, 0]


@pytest.mark.parametrize("name", ["fc.weight", "aspp.c0.bias", "layer2.block1.odd.conv.weight"])
def test_what_is_not_of_the_encoder_has_no_place(name: str):
    assert timm_name(name) is None
