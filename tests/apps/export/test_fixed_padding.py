"""Padding by numbers answers as padding by size does, where the stride divides the size."""

import pytest
import torch
from timm import create_model
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.pool2d_same import AvgPool2dSame, MaxPool2dSame
from torch import nn

from wsss.apps.export.fixed_padding import FixedPadding, with_fixed_padding


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (3, 2), (5, 1), ((3, 5), 1), (1, 1)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution_alone(stride: int, kernel: int, dilation: int, bias: bool):
    torch.manual_seed(1)
    same = Conv2dSame(4, 6, kernel_size=kernel, stride=stride, dilation=dilation, groups=2, bias=bias)
    maps = torch.randn(2, 4, 8, 12)
    (fixed,) = with_fixed_padding(nn.Sequential(same))
    assert isinstance(fixed, FixedPadding)
    torch.testing.assert_close(fixed(maps), same(maps))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("pool", [AvgPool2dSame, MaxPool2dSame])
def test_pooling_alone(stride: int, kernel: int, pool: type[nn.Module]):
    maps = torch.randn(2, 4, 8, 12)
    same = pool(kernel, stride=stride)
    (fixed,) = with_fixed_padding(nn.Sequential(same))
    assert isinstance(fixed, FixedPadding)
    torch.testing.assert_close(fixed(maps), same(maps))


@pytest.mark.parametrize("size", [(8, 12), (9, 12), (8, 11), (7, 5), (1, 2)])
def test_pooling_that_rounds_up(size: tuple[int, int]):
    maps = torch.randn(2, 4, *size)
    rounding = nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True)
    (fixed,) = with_fixed_padding(nn.Sequential(rounding))
    assert isinstance(fixed, FixedPadding)
    torch.testing.assert_close(fixed(maps), rounding(maps))


def test_a_network_is_copied_and_answers_the_same():
    network = create_model("tf_efficientnet_lite0", features_only=True).eval()
    fixed = with_fixed_padding(network)
    assert any(isinstance(module, Conv2dSame) for module in network.modules())
    assert not any(isinstance(module, Conv2dSame) for module in fixed.modules())
    images = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(fixed(images), network(images))


def test_other_modules_are_left_alone():
    network = nn.Sequential(nn.Conv2d(1, 1, kernel_size=3), nn.ReLU())
    assert str(with_fixed_padding(network)) == str(network)
