"""The layer at which a network is cut for heatmaps, and the network as it is while it is asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, final

import torch
from torch import Tensor, nn

from wsss.cams.base import CAMMethod
from wsss.cams.scores import classify
from wsss.errors import ModelError, one_of
from wsss.models.cuts.grids import Grid
from wsss.models.cuts.hooked import Hooked, asked
from wsss.models.cuts.layers_with_grids import chosen_layer, layers_with_grids, named_layer
from wsss.models.targets.scored import Score
from wsss.protocols import CutClassifier
from wsss.types import Images

LAST: Final = "last"
"""The block that CAM methods read unless they are told another."""

Call = Callable[[Images], Any]


@final
@dataclass(frozen=True, kw_only=True)
class CutAt:
    """A network that can be cut, the layer at which it is, and the methods that read there."""

    network: CutClassifier
    layer: str
    methods: Mapping[str, CAMMethod]


@contextmanager
def evaluating(network: object) -> Iterator[None]:
    """Keep a network in eval mode, and give every part its own mode back."""
    training = [module for module in network.modules() if module.training] if isinstance(network, nn.Module) else []
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


def device_of(network: object) -> torch.device:
    """Return where a network's weights lie: the CPU for one without weights."""
    weights = network.parameters() if isinstance(network, nn.Module) else iter(())
    return next((weight.device for weight in weights), torch.device("cpu"))


def answer_of(network: nn.Module | CutClassifier, images: Images, *, call: Call | None, logits: Call) -> Any:
    """Return what is asked of a network's answer for images, without gradients."""
    with torch.no_grad():
        if isinstance(network, CutClassifier):
            return asked(lambda seen: classify(network, seen), images)
        return logits(asked(call or network, images))


def cut_at(
    network: nn.Module | CutClassifier,
    layer: str | nn.Module | None,
    *,
    images: Images,
    methods: Mapping[str, CAMMethod],
    scores: Sequence[Score],
    call: Call | None,
    logits: Call,
    grid: Grid | None,
) -> CutAt:
    """Return a network that can be cut at a layer, and at those that methods name themselves.

    Raises `ModelError` for a layer that it does not have, with those that it has.
    """
    if isinstance(network, CutClassifier):
        return _at_block(network, layer, methods=methods)

    def run(seen: Images) -> Any:
        return logits((call or network)(seen))

    layers = layers_with_grids(network, images, call=run, score=lambda answer: _total(scores, answer), grid=grid)
    if layer is None:
        with torch.no_grad():
            chosen = chosen_layer(layers, answer=run(images))
    else:
        chosen = named_layer(layers, _name_of(network, layer))
    own = {method.block: named_layer(layers, method.block) for method in methods.values() if method.block != LAST}
    hooked = Hooked(
        network,
        {**{name: each.module for name, each in own.items()}, LAST: chosen.module},
        grid=grid,
        call=call,
        logits=logits,
        stride=max(1, round(images.shape[-2] / chosen.shape[1])),
    )
    return CutAt(network=hooked, layer=chosen.name, methods=methods)


def _at_block(network: CutClassifier, layer: str | nn.Module | None, *, methods: Mapping[str, CAMMethod]) -> CutAt:
    if layer is None:
        return CutAt(network=network, layer=network.blocks[-1], methods=methods)
    if layer not in network.blocks:
        raise ModelError(f"layer: this network has no block {layer!r}; its blocks are {one_of(network.blocks)}")
    block: str = layer
    return CutAt(
        network=network,
        layer=block,
        methods={
            name: replace(method, block=block) if method.block == LAST else method for name, method in methods.items()
        },
    )


def _name_of(network: nn.Module, layer: str | nn.Module) -> str:
    if isinstance(layer, str):
        return str(layer)
    names: list[str] = [name for name, module in network.named_modules() if module is layer]
    if not names:
        raise ModelError(f"layer: this {type(layer).__name__} is not a layer of the network: pass one of its own")
    return names[0]


def _total(scores: Sequence[Score], answer: Any) -> Tensor:
    return torch.stack([score(answer).sum() for score in scores]).sum()
