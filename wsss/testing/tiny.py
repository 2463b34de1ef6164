"""Classifiers of a few hundred weights, written by hand."""

from abc import abstractmethod
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss.methods.representatives.network import BinaryClassifiers, Representatives
from wsss.models.cuts.chain import position_of
from wsss.types import Cut, Images

CLASSES: Final = 4


def shake(module: nn.Module) -> None:
    """Give every tensor an arbitrary value, always the same: fresh norms and residual branches do nothing."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            low, high = (0.5, 1.5) if "var" in name else (-0.5, 0.5)
            tensor.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)


class Tiny(nn.Module):
    """Three blocks of stride 2 each, pooling, dropout and a head: a `CutClassifier`."""

    blocks = ("stem", "block1", "last")
    stride = 8

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU())
        self.block1 = nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.last = nn.Sequential(nn.Conv2d(6, 5, 3, stride=2, padding=1), nn.ReLU())
        self.dropout = nn.Dropout(0.5)

    def forward(self, images: Images) -> Float[Tensor, "b c"]:
        """Return the logits."""
        return self.after("last", self.until("last", images))

    def until(self, block: str, images: Images) -> Cut:
        """See `CutClassifier`."""
        last, maps = self._position(block), images
        for name in self.blocks[: last + 1]:
            maps = self.get_submodule(name)(maps)
        return Cut(maps=maps, stride=2 ** (last + 1))

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """See `CutClassifier`."""
        maps = cut.maps
        for name in self.blocks[self._position(block) + 1 :]:
            maps = self.get_submodule(name)(maps)
        return self.logits(self.dropout(maps.mean(dim=(2, 3))))

    @abstractmethod
    def logits(self, pooled: Float[Tensor, "b d"]) -> Float[Tensor, "b c"]:
        """Return the logits of pooled maps."""

    def _position(self, block: str) -> int:
        return position_of(block, among=self.blocks)


class TinyGAP(Tiny):
    """A bias-free linear head on the pooled maps: a `CutClassifier` with a `LinearHead`."""

    def __init__(self) -> None:
        super().__init__()
        self.head_weight = nn.Parameter(torch.empty(CLASSES, 5))
        shake(self)
        self.eval()

    def logits(self, pooled: Float[Tensor, "b d"]) -> Float[Tensor, "b c"]:
        """Return the logits of pooled maps."""
        return functional.linear(pooled, self.head_weight)


class TinyMLP(Tiny):
    """Two layers after the pooling: its maps have no class weights."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, CLASSES))
        shake(self)
        self.eval()

    def logits(self, pooled: Float[Tensor, "b d"]) -> Float[Tensor, "b c"]:
        """Return the logits of pooled maps."""
        logits: Tensor = self.head(pooled)
        return logits


def tiny_pairs() -> BinaryClassifiers:
    """Two pairs of classes on one network: 0 against 1, and 2 against 3."""
    return BinaryClassifiers([TinyGAP()], representatives=Representatives(of=((1,), (0,), (3,), (2,)))).eval()
