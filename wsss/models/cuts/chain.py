"""A backbone as a chain of blocks, each of which is a step from one cut of the network to the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from wsss.errors import ModelError, one_of
from wsss.protocols import Edges
from wsss.types import Cut

Paths = tuple[str, ...]
"""Dotted names of submodules in the order in which they run: names, because wrappers replace the modules themselves."""
BlockFunction = Callable[[nn.Module, Paths, Cut], Cut]
"""What some modules of a network make of the cut before them. The stride of what it returns does not count."""
Attention = Callable[[nn.Module, Paths, Cut], Tensor]
"""How much cells attend to each other in some modules, given the cut before them: see `wsss.protocols.Attentive`."""
Connection = Callable[[nn.Module, Paths, Cut], Edges]
"""Which graph some modules draw, given the cut before them: see `wsss.protocols.Graphical`."""


def position_of(block: str, *, among: Sequence[str]) -> int:
    """Return where a block stands among those of a network; raises `ModelError` for one that is not there."""
    if block not in among:
        raise ModelError(f"block: this network has no {block!r}; its blocks are {one_of(among)}")
    return among.index(block)


def on_maps(net: nn.Module, paths: Paths, cut: Cut) -> Cut:
    """Run modules that take maps and return maps, one after the other."""
    maps = cut.maps
    for path in paths:
        maps = net.get_submodule(path)(maps)
    return cut.with_maps(maps)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The modules of a backbone in the order in which `forward_features` runs them, and how they are run."""

    stem: Paths
    stages: tuple[Paths, ...]
    tail: Paths = ()
    parameters: Paths = ()
    """Names of the stem's parameters that belong to none of its modules."""
    enter: BlockFunction = on_maps
    """How the stem is run on images."""
    step: BlockFunction = on_maps
    """How stages and tail are run."""
    attention: Attention | None = None
    """How cells attend to each other in a stage; None where they do not."""
    edges: Connection | None = None
    """Which graph a stage draws; None where it draws none."""
    side: int = 64
    """Side in pixels of an image of whole cells, whose maps tell the strides."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A part of a backbone, and the channels and stride (input pixels a cell) of the maps it returns."""

    paths: Paths
    parameters: Paths
    """Names of parameters that belong to none of its modules."""
    step: BlockFunction
    attention: Attention | None
    edges: Connection | None
    channels: int
    stride: int


@runtime_checkable
class Chained(Protocol):
    """A backbone of ours (`wsss.models.backbones`), which says itself how it is cut; for timm's, families do."""

    def chain(self) -> Chain:
        """Return the modules of the network in their order."""
        ...


def run(net: nn.Module, block: Block, cut: Cut) -> Cut:
    """Return the cut after a block of the network, given the cut before it."""
    return replace(block.step(net, block.paths, cut), stride=block.stride)
