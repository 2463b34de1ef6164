"""A ResNet of bottlenecks in plain torch, out of its papers and not of timm: a reference, under timm's names."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class PlainBottleneck(nn.Module):
    """1x1, 3x3, 1x1, and a shortcut. The stride is the 3x3 convolution's, or the first 1x1's as in Caffe."""

    def __init__(self, entering: int, width: int, *, stride: int, dilation: int, caffe: bool) -> None:
        super().__init__()
        leaving = 4 * width
        first, middle = (stride, 1) if caffe else (1, stride)
        self.conv1 = nn.Conv2d(entering, width, 1, stride=first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=middle, padding=dilation, dilation=dilation, bias=False)
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
    """Strides and dilations are those of the four stages; every block of a stage has its dilation, the first too."""

    def __init__(
        self,
        depths: Sequence[int],
        *,
        strides: Sequence[int],
        dilations: Sequence[int] = (1, 1, 1, 1),
        caffe: bool = False,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self._caffe, entering = caffe, 64
        for place, (depth, stride, dilation) in enumerate(zip(depths, strides, dilations, strict=True)):
            width, blocks = 64 * 2**place, []
            for step in [stride] + [1] * (depth - 1):
                blocks.append(PlainBottleneck(entering, width, stride=step, dilation=dilation, caffe=caffe))
                entering = 4 * width
            self.add_module(f"layer{place + 1}", nn.Sequential(*blocks))

    def forward(self, images: Tensor) -> Tensor:
        maps = functional.relu(self.bn1(self.conv1(images)))
        maps = functional.max_pool2d(maps, 3, stride=2, padding=1, ceil_mode=self._caffe)
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
