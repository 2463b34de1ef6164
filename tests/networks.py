"""Classifiers small enough to be worked out by hand; they fulfil what `wsss.types` asks of a classifier."""

from abc import abstractmethod
from copy import deepcopy
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from wsss.errors import ModelError
from wsss.methods.representatives.network import BinaryClassifiers, Representatives
from wsss.models.classifier import ClassifierOptions, GAPClassifier
from wsss.types import Cut, Targets

CLASSES: Final = 4


def shake(module: nn.Module) -> None:
    """Give every tensor an arbitrary value, always the same: fresh norms and residual branches do nothing."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            low, high = (0.5, 1.5) if "var" in name else (-0.5, 0.5)
            tensor.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)


class Tiny(nn.Module):
    """Three blocks of stride 2 each, pooling, dropout and a head."""

    blocks = ("stem", "block1", "last")
    stride = 8

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU())
        self.block1 = nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.last = nn.Sequential(nn.Conv2d(6, 5, 3, stride=2, padding=1), nn.ReLU())
        self.dropout = nn.Dropout(0.5)

    def forward(self, images: Tensor) -> Tensor:
        return self.after("last", self.until("last", images))

    def until(self, block: str, images: Tensor) -> Cut:
        last = self._position(block)
        for name in self.blocks[: last + 1]:
            images = self.get_submodule(name)(images)
        return Cut(maps=images, stride=2 ** (last + 1))

    def after(self, block: str, cut: Cut) -> Tensor:
        maps = cut.maps
        for name in self.blocks[self._position(block) + 1 :]:
            maps = self.get_submodule(name)(maps)
        return self.classify(self.dropout(maps.mean(dim=(2, 3))))

    @abstractmethod
    def classify(self, pooled: Tensor) -> Tensor: ...

    def _position(self, block: str) -> int:
        if block not in self.blocks:
            raise ModelError(f"no block {block}")
        return self.blocks.index(block)


class TinyGAP(Tiny):
    """A bias-free linear head on the pooled maps: a `CutClassifier` with a `LinearHead`."""

    def __init__(self) -> None:
        super().__init__()
        self.head_weight = nn.Parameter(torch.empty(CLASSES, 5))
        shake(self)
        self.eval()

    def classify(self, pooled: Tensor) -> Tensor:
        return functional.linear(pooled, self.head_weight)


class TinyMLP(Tiny):
    """Two layers after the pooling: no CAM exists."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, CLASSES))
        shake(self)
        self.eval()

    def classify(self, pooled: Tensor) -> Tensor:
        return self.head(pooled)


class Given:
    """One block, whose maps are given whatever the images show, and a linear head on their means."""

    blocks = ("last",)
    stride = 1

    def __init__(self, maps: Tensor, weight: Tensor) -> None:
        self.maps, self.head_weight = maps, weight

    def until(self, block: str, images: Tensor) -> Cut:
        return Cut(maps=self.maps, stride=1)

    def after(self, block: str, cut: Cut) -> Tensor:
        return cut.maps.mean(dim=(2, 3)) @ self.head_weight.T


class Squares(Given):
    """Logits are half the sums of the squared maps of each channel, so gradients are the maps themselves."""

    def after(self, block: str, cut: Cut) -> Tensor:
        return (cut.maps**2 / 2).sum(dim=(2, 3))


class Biased(Given):
    """A linear head with a bias."""

    def __init__(self, maps: Tensor, weight: Tensor, bias: Tensor) -> None:
        super().__init__(maps, weight)
        self.bias = bias

    def after(self, block: str, cut: Cut) -> Tensor:
        return super().after(block, cut) + self.bias


class Hidden:
    """A network whose head is not known to be linear; notes how many images every continuation is given."""

    def __init__(self, network: Any) -> None:
        self.blocks, self.stride, self.network = network.blocks, network.stride, network
        self.continued = list[int]()

    def until(self, block: str, images: Tensor) -> Cut:
        return self.network.until(block, images)

    def after(self, block: str, cut: Cut) -> Tensor:
        self.continued.append(len(cut.maps))
        return self.network.after(block, cut)


def tiny_pairs() -> BinaryClassifiers:
    """Two pairs of classes on one network: 0 against 1, and 2 against 3."""
    return BinaryClassifiers([TinyGAP()], representatives=Representatives(of=((1,), (0,), (3,), (2,)))).eval()


def small_timm_network() -> GAPClassifier:
    """A real backbone of half a million weights, with arbitrary values."""
    network = ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32).build(CLASSES)
    shake(network)
    return network.eval()


def one_by_one(network: Tiny, block: str, images: Tensor, targets: Targets) -> list[tuple[Tensor, Tensor]]:
    """Maps and gradients of every pair in double precision, each by a backward pass of its own: a reference."""
    double, pairs = deepcopy(network).double(), []
    for image, cls in zip(targets.image.tolist(), targets.cls.tolist(), strict=True):
        cut = double.until(block, images[image : image + 1].double())
        (gradient,) = torch.autograd.grad(double.after(block, cut)[0, cls], cut.maps)
        pairs.append((cut.maps[0].detach(), gradient[0]))
    return pairs
