"""Cut backbones into named blocks that, run one after the other, are exactly `forward_features`.

A family knows in which order the modules of a timm class run; a backbone of ours says so itself. Blocks are
`stem, block1 .. blockN, last`; `last` feeds the pooling. It is the tail that follows the stages where there is one
(`conv_head` and `bn2` of EfficientNet, the final pooling of VGG, the norm of a transformer and of some ConvNeXts),
otherwise the last stage. Trained layers that come after the pooling (`conv_head` of MobileNetV3, the norm in ConvNeXt's
head, VGG's `pre_logits`) are timm's own classifier and are dropped.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from typing import Any, Final

import torch
from torch import nn

from wsss import models
from wsss.errors import ModelError, one_of
from wsss.models.cuts.chain import Block, Chain, Chained, Paths
from wsss.models.cuts.eva import chain_of_eva
from wsss.models.cuts.transformers import ANY_SIZE, chain_of_transformer
from wsss.types import Cut

NAME: Final = re.compile(r"[A-Za-z0-9_.]+")
"""Names of networks. timm would ask a server, or read a folder, for one with a `:` or a `/`."""
OUTPUT_STRIDES: Final = (8, 16, 32)
NATIVE_STRIDE: Final = 32
"""The stride that timm gives without being asked; some of its classes do not know the word `output_stride`."""


def _asked(output_stride: int) -> Mapping[str, Any]:
    """Return what to tell timm so that a convolutional network has an output stride."""
    return {} if output_stride == NATIVE_STRIDE else {"output_stride": output_stride}


@dataclass(frozen=True, kw_only=True)
class Family:
    """How networks of one class of timm's are made and cut."""

    chain: Callable[[Any], Chain]
    options: Callable[[int], Mapping[str, Any]] = _asked
    """What timm is told for an output stride; a network that has another one nevertheless is refused."""


def _efficientnet(net: Any) -> Chain:
    stages = tuple((f"blocks.{i}",) for i in range(len(net.blocks)))
    return Chain(stem=("conv_stem", "bn1"), stages=stages, tail=("conv_head", "bn2"))


def _mobilenetv3(net: Any) -> Chain:
    return Chain(stem=("conv_stem", "bn1"), stages=tuple((f"blocks.{i}",) for i in range(len(net.blocks))))


def _resnet(_: Any) -> Chain:
    return Chain(stem=("conv1", "bn1", "act1", "maxpool"), stages=tuple((f"layer{i}",) for i in range(1, 5)))


def _vgg(net: Any) -> Chain:
    starts = (0, *(end + 1 for end in net.feature_ends))
    groups = tuple(tuple(f"features.{i}" for i in range(a, b)) for a, b in pairwise(starts))
    return Chain(stem=groups[0], stages=groups[1:-1], tail=groups[-1])


def _convnext(net: Any) -> Chain:
    return Chain(stem=("stem",), stages=tuple((f"stages.{i}",) for i in range(len(net.stages))), tail=("norm_pre",))


FAMILIES: Final[dict[str, Family]] = {
    "timm.models.efficientnet.EfficientNet": Family(chain=_efficientnet),
    "timm.models.mobilenetv3.MobileNetV3": Family(chain=_mobilenetv3),
    "timm.models.resnet.ResNet": Family(chain=_resnet),
    "timm.models.vgg.VGG": Family(chain=_vgg),
    "timm.models.convnext.ConvNeXt": Family(chain=_convnext),
    "timm.models.eva.Eva": Family(chain=chain_of_eva, options=lambda _: ANY_SIZE),
    "timm.models.vision_transformer.VisionTransformer": Family(chain=chain_of_transformer, options=lambda _: ANY_SIZE),
}
"""By the exact class of timm's network: a subclass may run its modules in another order."""


def family_of(net: nn.Module) -> str:
    """Return a network's class as `FAMILIES` names it."""
    return f"{type(net).__module__}.{type(net).__qualname__}"


def create_backbone(name: str, *, output_stride: int, pretrained: bool = False, dilated: bool = True) -> nn.Module:
    """Return timm's network without what follows the pooling; keys of its state dict are timm's.

    Layers that lost their stride are dilated for it, as timm does, unless `dilated` is false.

    Raises what `check_backbone` raises, and `OSError` when pretrained weights cannot be downloaded.
    """
    check_backbone(name, output_stride=output_stride)
    return _create(name, output_stride=output_stride, pretrained=pretrained, dilated=dilated)


def check_backbone(name: str, *, output_stride: int) -> None:
    """Refuse with a `ModelError` a name, a family or an output stride that cannot be had; makes no weights."""
    check_name(name)
    if not _takes(name, output_stride):
        raise ModelError(
            f"output_stride: timm cannot give {name} an output stride of {output_stride}; "
            f"it can do {one_of(_strides(name))}"
        )


def check_name(name: str) -> None:
    """Refuse with a `ModelError` a network, or the tag of its weights after a dot, that timm does not have."""
    if not NAME.fullmatch(name):
        raise ModelError(f"backbone: {name!r} is not the plain name of a timm network (letters, digits, _ and .)")
    architecture, tag = models.zoo.timm.models.split_model_name_tag(name)
    if not models.zoo.timm.is_model(name):
        near = get_close_matches(architecture, models.zoo.timm.list_models(), n=5)
        raise ModelError(f"backbone: timm has no network {name!r}; {nearest(near)}")
    tagged = models.zoo.timm.list_pretrained(f"{architecture}.*")
    if tag and name not in tagged:
        raise ModelError(f"backbone: timm has no weights {tag!r} of {architecture}; it has: {one_of(tagged) or 'none'}")


def nearest(names: list[str]) -> str:
    """Return the part of an error message that offers names like the wrong one."""
    return f"the nearest names are: {one_of(names)}" if names else "no name is near it"


def blocks_of(net: nn.Module) -> dict[str, Block]:
    """Return the blocks of a backbone by name, first to last; runs it once on a small empty image.

    Raises a `ModelError` that names the known families for a network of another one.
    """
    chain = chain_of(net)
    was_training = net.training
    net.eval()
    cut = Cut(maps=next(net.parameters()).new_zeros(1, 3, chain.side, chain.side), stride=1)
    blocks = {}
    with torch.no_grad():
        for name, own in _paths(net).items():
            step = chain.enter if name == "stem" else chain.step
            cut = step(net, own, cut)
            blocks[name] = Block(
                paths=own,
                parameters=chain.parameters if name == "stem" else (),
                step=step,
                attention=chain.attention if own in chain.stages else None,
                edges=chain.edges if own in chain.stages else None,
                channels=cut.maps.shape[1],
                stride=chain.side // cut.maps.shape[2],
            )
    net.train(was_training)
    return blocks


def name_of(net: nn.Module) -> str:
    """Return what timm calls the architecture of one of its networks."""
    config: Any = net.default_cfg
    name: str = config["architecture"]
    return name


def chain_of(net: nn.Module) -> Chain:
    """Return the modules of a backbone in their order; raises a `ModelError` for a family that is not known."""
    return net.chain() if isinstance(net, Chained) else _family(net).chain(net)


def _family(net: nn.Module) -> Family:
    family = family_of(net)
    if family not in FAMILIES:
        known = one_of([name.rpartition(".")[2] for name in FAMILIES])
        raise ModelError(
            f"backbone: networks of timm's class {type(net).__name__} cannot be cut; known families: {known}"
        )
    return FAMILIES[family]


def _paths(net: nn.Module) -> dict[str, Paths]:
    chain = chain_of(net)
    without_effect = all(isinstance(net.get_submodule(path), nn.Identity) for path in chain.tail)
    *inner, final = chain.stages if without_effect else (*chain.stages, chain.tail)
    return {"stem": chain.stem, **{f"block{i}": own for i, own in enumerate(inner, start=1)}, "last": final}


def _create(name: str, *, output_stride: int, pretrained: bool, dilated: bool) -> nn.Module:
    plain = _plain(name)
    options = {} if isinstance(plain, Chained) else _family(plain).options(output_stride)
    net: nn.Module = models.zoo.timm.create_model(name, pretrained=pretrained, num_classes=0, **options)
    for child in list(_unused(net)):
        setattr(net, child, nn.Identity())
    if not dilated:
        _close(net)
    return net


def _close(net: nn.Module) -> None:
    """Let every convolution see neighbours at the distance at which it was trained."""
    for conv in net.modules():
        if isinstance(conv, nn.Conv2d):
            conv.padding = _closed(conv)
            conv.dilation = (1, 1)


def _closed(conv: nn.Conv2d) -> tuple[int, int]:
    assert not isinstance(conv.padding, str), "timm pads by numbers"
    (vertical, horizontal), (down, across) = conv.padding, conv.dilation
    return vertical // down, horizontal // across


def _unused(net: nn.Module) -> Iterator[str]:
    used = {path.split(".")[0] for own in _paths(net).values() for path in own}
    return (name for name, _ in net.named_children() if name not in used)


@cache
def _plain(name: str) -> nn.Module:
    """Return a network as timm makes it unasked, on `meta`: its class says how it can be made."""
    with torch.device("meta"):
        net: nn.Module = models.zoo.timm.create_model(name, num_classes=0)
    return net


@cache
def outline(name: str, output_stride: int, *, dilated: bool = True) -> nn.Module:
    """Return a backbone that takes no memory (on `meta`): enough to look at it. Made once: leave it as it is."""
    with torch.device("meta"):
        return _create(name, output_stride=output_stride, pretrained=False, dilated=dilated)


def _strides(name: str) -> list[str]:
    """Return the output strides that a network can have: those asked for that it takes, and its own."""
    own = blocks_of(outline(name, NATIVE_STRIDE))["last"].stride
    return [str(stride) for stride in sorted({*OUTPUT_STRIDES, own}) if _takes(name, stride)]


@cache
def _takes(name: str, output_stride: int) -> bool:
    try:
        net = outline(name, output_stride)
    except (AssertionError, NotImplementedError, TypeError):
        if output_stride == NATIVE_STRIDE:
            raise
        return False
    return blocks_of(net)["last"].stride == output_stride
