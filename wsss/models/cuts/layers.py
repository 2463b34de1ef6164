"""Unfold parts of timm's networks into layers that relevance can cross: what FG-CAM needs of a network.

Modules are known by their exact class, since another one may run what it holds in another order. What follows a
convolution cell by cell (norm, activation, gate) becomes a part of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from wsss import models
from wsss.cams.relevance import Convolution, Pointwise, Pooling, Sum
from wsss.errors import ModelError
from wsss.models.cuts.families import family_of
from wsss.protocols import Layer

Unfold = Callable[[Any], tuple[Layer, ...]]

SAME: Final = "timm.layers.conv2d_same.Conv2dSame"
CONVOLUTIONS: Final = ("torch.nn.modules.conv.Conv2d", SAME)
POOLINGS: Final = (
    "torch.nn.modules.pooling.AvgPool2d",
    "torch.nn.modules.pooling.MaxPool2d",
    "timm.layers.blur_pool.BlurPool2d",
    "timm.layers.pool2d_same.AvgPool2dSame",
    "timm.layers.pool2d_same.MaxPool2dSame",
)
ACTIVATIONS: Final = (nn.ELU, nn.GELU, nn.Hardswish, nn.LeakyReLU, nn.Mish, nn.ReLU, nn.ReLU6, nn.SiLU)
"""All that keep a sign, or nearly."""
GATES: Final = (
    "timm.layers.eca.EcaModule",
    "timm.layers.squeeze_excite.EffectiveSEModule",
    "timm.layers.squeeze_excite.SEModule",
    "timm.models._efficientnet_blocks.SqueezeExcite",
)
DROPS: Final = ("timm.layers.drop.DropBlock2d", "timm.layers.drop.DropPath")


def layers_of(modules: Iterable[nn.Module]) -> tuple[Layer, ...]:
    """Return the layers of modules that run one after the other.

    Raises a `ModelError` that names the first module which relevance cannot cross.
    """
    layers: list[Layer] = []
    for module in _flat(modules):
        kind = family_of(module)
        if kind in UNITS:
            layers.extend(UNITS[kind](module))
        elif kind in CONVOLUTIONS:
            layers.append(_convolution(module))
        elif kind in POOLINGS:
            layers.append(Pooling(step=module))
        elif isinstance(module, (_BatchNorm, nn.Dropout, *ACTIVATIONS)) or kind in (*GATES, *DROPS):
            _follow(layers, module)
        else:
            raise ModelError(
                f"relevance cannot cross a {type(module).__name__}: choose a network of convolutions and batch norms, "
                "such as classifier=vgg16, classifier=resnet50 or classifier=efficientnet_lite0"
            )
    return tuple(layers)


def from_pixels(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Tell the first layer that it reads the image; raises `ModelError` where that is not a convolution."""
    if not layers or not isinstance(layers[0], Convolution):
        raise ModelError("relevance cannot reach the image: the network does not begin with a convolution")
    return replace(layers[0], pixels=True), *layers[1:]


def _flat(modules: Iterable[nn.Module]) -> Iterator[nn.Module]:
    """Yield what sequences hold, and leave out what does nothing."""
    for module in modules:
        if type(module) is nn.Sequential:
            yield from _flat(module)
        elif not isinstance(module, nn.Identity):
            yield module


def _convolution(conv: Any) -> Convolution:
    if conv.padding_mode != "zeros":
        raise ModelError(f"relevance cannot cross a convolution whose padding is {conv.padding_mode!r}, not zeros")
    return Convolution(steps=(conv,), weight=conv.weight.detach().float(), convolve=_convolve(conv))


def _convolve(conv: Any) -> Callable[[Tensor, Tensor], Tensor]:
    options = {"stride": conv.stride, "dilation": conv.dilation, "groups": conv.groups}
    if family_of(conv) != SAME:
        return partial(functional.conv2d, padding=conv.padding, **options)
    layers: Any = models.zoo.timm.layers
    return partial(layers.conv2d_same, **options)


def _follow(layers: list[Layer], module: nn.Module) -> None:
    """Add what works cell by cell: to a convolution, if one comes last."""
    if not layers or not isinstance(layers[-1], Convolution):
        layers.append(Pointwise(step=module))
        return
    before, weight = layers[-1], layers[-1].weight
    if isinstance(module, _BatchNorm) and module.affine and len(before.steps) == 1:
        weight = weight * module.weight.detach().float()[:, None, None, None]
    layers[-1] = replace(before, steps=(*before.steps, module), weight=weight)


def _parts(unit: Any, names: Iterable[str]) -> tuple[Layer, ...]:
    return layers_of(part for name in names if (part := getattr(unit, name)) is not None)


def _resnet(*names: str) -> Unfold:
    """A block whose sum goes through the last of `names`, an activation."""
    *main, after = names

    def unfold(unit: Any) -> tuple[Layer, ...]:
        return Sum(branches=(_parts(unit, main), _parts(unit, ["downsample"]))), *_parts(unit, [after])

    return unfold


def _efficientnet(*names: str) -> Unfold:
    """A block that is added to its input, or not."""

    def unfold(unit: Any) -> tuple[Layer, ...]:
        main = _parts(unit, names)
        return (Sum(branches=(main, ())),) if unit.has_skip else main

    return unfold


UNITS: Final[dict[str, Unfold]] = {
    "timm.models.resnet.BasicBlock": _resnet(
        "conv1", "bn1", "drop_block", "act1", "aa", "conv2", "bn2", "se", "drop_path", "act2"
    ),
    "timm.models.resnet.Bottleneck": _resnet(
        *("conv1", "bn1", "act1", "conv2", "bn2", "drop_block", "act2", "aa", "conv3", "bn3", "se", "drop_path", "act3")
    ),
    "timm.models._efficientnet_blocks.ConvBnAct": _efficientnet("conv", "bn1", "aa", "drop_path"),
    "timm.models._efficientnet_blocks.DepthwiseSeparableConv": _efficientnet(
        "conv_s2d", "bn_s2d", "conv_dw", "bn1", "aa", "se", "conv_pw", "bn2", "drop_path"
    ),
    "timm.models._efficientnet_blocks.EdgeResidual": _efficientnet(
        "conv_exp", "bn1", "aa", "se", "conv_pwl", "bn2", "drop_path"
    ),
    "timm.models._efficientnet_blocks.InvertedResidual": _efficientnet(
        *("conv_s2d", "bn_s2d", "conv_pw", "bn1", "conv_dw", "bn2", "aa", "se", "conv_pwl", "bn3", "drop_path")
    ),
}
"""Blocks of networks by their class: the order in which they run what they hold."""
