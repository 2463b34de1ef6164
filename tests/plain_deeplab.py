"""DeepLabV2 in plain torch, with the names and the arithmetic of deeplab-pytorch: a reference."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

ENTERING = (64, 256, 512, 1024)
WIDTHS = (64, 128, 256, 512)


def conv_bn(entering: int, leaving: int, size: int, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (size // 2)
    layer = nn.Sequential()
    layer.add_module("conv", nn.Conv2d(entering, leaving, size, stride, padding, dilation, bias=False))
    layer.add_module("bn", nn.BatchNorm2d(leaving))
    return layer


class PlainBlock(nn.Module):
    """The stride is that of the first convolution."""

    def __init__(self, entering: int, width: int, *, stride: int, dilation: int, first: bool) -> None:
        super().__init__()
        self.reduce = conv_bn(entering, width, 1, stride=stride)
        self.conv3x3 = conv_bn(width, width, 3, dilation=dilation)
        self.increase = conv_bn(width, 4 * width, 1)
        self.shortcut = conv_bn(entering, 4 * width, 1, stride=stride) if first else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        inner = functional.relu(self.conv3x3(functional.relu(self.reduce(maps))))
        return functional.relu(self.increase(inner) + self.shortcut(maps))


class PlainDeepLabV2(nn.Module):
    """Sees blue, green, red in 0 .. 255 without their means."""

    def __init__(self, depths: Sequence[int], *, labels: int) -> None:
        super().__init__()
        self.layer1 = nn.Module()
        self.layer1.add_module("conv1", conv_bn(3, 64, 7, stride=2))
        for place, (depth, stride, dilation) in enumerate(zip(depths, (1, 2, 1, 1), (1, 1, 2, 4), strict=True)):
            stage, entering = nn.Sequential(), ENTERING[place]
            for number in range(depth):
                block = PlainBlock(
                    entering if number == 0 else 4 * WIDTHS[place],
                    WIDTHS[place],
                    stride=stride if number == 0 else 1,
                    dilation=dilation,
                    first=number == 0,
                )
                stage.add_module(f"block{number + 1}", block)
            self.add_module(f"layer{place + 2}", stage)
        self.aspp = nn.Module()
        for number, rate in enumerate((6, 12, 18, 24)):
            self.aspp.add_module(f"c{number}", nn.Conv2d(2048, labels, 3, 1, rate, rate))

    def forward(self, images: Tensor) -> Tensor:
        maps = functional.relu(self.layer1.get_submodule("conv1")(images))
        maps = functional.max_pool2d(maps, 3, 2, 1, ceil_mode=True)
        for place in range(2, 6):
            maps = self.get_submodule(f"layer{place}")(maps)
        return sum((branch(maps) for branch in self.aspp.children()), torch.zeros(()))

    def msc(self, images: Tensor) -> list[Tensor]:
        """Logits at 1, 0.5 and 0.75, and their maximum on the first's cells."""
        logits = [self(images)]
        for scale in (0.5, 0.75):
            smaller = functional.interpolate(images, scale_factor=scale, mode="bilinear", align_corners=False)
            logits.append(self(smaller))
        size = logits[0].shape[-2:]
        alike = [functional.interpolate(each, size=size, mode="bilinear", align_corners=False) for each in logits]
        return [*logits, torch.stack(alike).amax(dim=0)]
