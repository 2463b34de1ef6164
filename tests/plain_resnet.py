"""A ResNet of bottlenecks in plain torch, out of its papers and not of timm: a reference, under timm's names."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class PlainBottleneck(nn.Module):
    """1x1, 3x3, 1x1, and a shortcut. The stride is the 3x3 convolution's."""

    def __init__(self, entering: int, width: int, *, stride: int) -> None:
        super().__init__()
        leaving = 4 * width
        self.conv1 = nn.Conv2d(entering, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, leaving, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(leaving)
        if stride > 1 or entering != leaving:
            self.downsample = nn.Sequential(
                nn.Conv2d(entering, leaving, 1, stride=stride, bias=False), nn.BatchNorm2d(leaving)
            )

    def forward(self, maps: Tensor) -> Tensor:
        shortcut = self.downsample(maps) if "downsample" in self._modules else maps
        maps = functional.relu(self.bn1(self.conv1(maps)))
        maps = functional.relu(self.bn2(self.conv2(maps)))
        return functional.relu(self.bn3(self.conv3(maps)) + shortcut)


class PlainResNet(nn.Module):
    """Four stages with their strides, and no dilation."""

    def __init__(self, depths: Sequence[int], *, strides: Sequence[int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        entering = 64
        for place, (depth, stride) in enumerate(zip(depths, strides, strict=True)):
            width, blocks = 64 * 2**place, []
            for step in [stride] + [1] * (depth - 1):
                blocks.append(PlainBottleneck(entering, width, stride=step))
                entering = 4 * width
            self.add_module(f"layer{place + 1}", nn.Sequential(*blocks))

    def forward(self, images: Tensor) -> Tensor:
        maps = functional.relu(self.bn1(self.conv1(images)))
        maps = functional.max_pool2d(maps, 3, stride=2, padding=1)
        for place in range(1, 5):
            maps = self.get_submodule(f"layer{place}")(maps)
        return maps


def lively(network: nn.Module) -> nn.Module:
    """Give a deep network arbitrary values through which a signal neither dies nor overflows."""
    generator = torch.Generator().manual_seed(3)
    for tensor in network.state_dict().values():
        if tensor.ndim > 1:
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * (2 / tensor[0].numel()) ** 0.5)
        elif tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) * 0.6 + 0.4)
    return network
