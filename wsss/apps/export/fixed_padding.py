"""Layers whose padding depends on the size, by TensorFlow's rule or by rounding up, rewritten to pad by numbers."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final, TypeVar

from timm.layers.conv2d_same import Conv2dSame
from timm.layers.pool2d_same import AvgPool2dSame, MaxPool2dSame
from torch import Tensor, nn
from torch.nn import functional

N = TypeVar("N", bound=nn.Module)
LEAST: Final = float("-inf")
"""What a maximum does not see."""


class FixedPadding(nn.Module):
    """A layer that pads by numbers: the pixels to the left, to the right, above and below."""

    def __init__(self, layer: nn.Module, *, padding: tuple[int, int, int, int], value: float) -> None:
        super().__init__()
        self.layer, self.padding, self.value = layer, padding, value

    def forward(self, maps: Tensor) -> Tensor:
        """Pad, and apply the layer."""
        answer: Tensor = self.layer(functional.pad(maps, self.padding, value=self.value))
        return answer


def with_fixed_padding(network: N) -> N:
    """Return a copy in which no padding depends on the size: exporters follow such arithmetic for hours.

    The answers are the same for images whose sides the network's stride divides.
    """
    copied = deepcopy(network)
    for module in list(copied.modules()):
        for name, child in module.named_children():
            setattr(module, name, _fixed(child))
    return copied


def _fixed(layer: Any) -> nn.Module:
    """Return the like of a layer that pads by numbers, or the layer itself where it does already."""
    match layer:
        case Conv2dSame():
            options = {name: getattr(layer, name) for name in ("kernel_size", "stride", "dilation", "groups")}
            conv = nn.Conv2d(layer.in_channels, layer.out_channels, bias=layer.bias is not None, **options)
            conv.weight, conv.bias = layer.weight, layer.bias
            padding = _same(kernel=layer.kernel_size, stride=layer.stride, dilation=layer.dilation)
            return FixedPadding(conv, padding=padding, value=0.0)
        case AvgPool2dSame():
            kernel, stride = _pair(layer.kernel_size), _pair(layer.stride)
            mean = nn.AvgPool2d(kernel, stride, ceil_mode=layer.ceil_mode, count_include_pad=layer.count_include_pad)
            return FixedPadding(mean, padding=_same(kernel=kernel, stride=stride, dilation=(1, 1)), value=0.0)
        case MaxPool2dSame():
            kernel, stride, dilation = _pair(layer.kernel_size), _pair(layer.stride), _pair(layer.dilation)
            largest = nn.MaxPool2d(kernel, stride, dilation=dilation, ceil_mode=layer.ceil_mode)
            padding = _same(kernel=kernel, stride=stride, dilation=dilation)
            return FixedPadding(largest, padding=padding, value=LEAST)
        case nn.MaxPool2d(ceil_mode=True, kernel_size=3, stride=2, padding=1, dilation=1):
            # As in Caffe's ResNets: one more pixel on the right and below makes the windows that rounding up adds.
            return FixedPadding(nn.MaxPool2d(3, stride=2), padding=(1, 2, 1, 2), value=LEAST)
        case _:
            assert isinstance(layer, nn.Module)
            return layer


def _same(*, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> tuple[int, int, int, int]:
    """Return what TensorFlow's rule pads where the stride divides the size, as `FixedPadding` takes it."""
    sides = zip(kernel, stride, dilation, strict=True)
    down, across = (max(apart * (length - 1) + 1 - step, 0) for length, step, apart in sides)
    return across // 2, across - across // 2, down // 2, down - down // 2


def _pair(sides: int | Sequence[int]) -> tuple[int, int]:
    down, across = (sides, sides) if isinstance(sides, int) else sides
    return down, across
