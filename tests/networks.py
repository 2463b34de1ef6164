"""Classifiers small enough to be worked out by hand; they fulfil what `wsss.types` asks of a classifier."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

import torch
from builders import named
from torch import Tensor, nn

from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import GAPClassifier
from wsss.models.segmenters.segmenter import SegmenterOptions
from wsss.testing.tiny import CLASSES, Tiny, TinyGAP, TinyMLP, shake, tiny_pairs
from wsss.types import Cut, Targets

__all__ = ["CLASSES", "TinyGAP", "TinyMLP", "shake", "tiny_pairs"]


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


class Attending(Given):
    """Maps and attention are given whatever the images show; a class a channel, a matrix `[b z z]` a block."""

    def __init__(self, maps: Tensor, *attention: Tensor) -> None:
        super().__init__(maps, torch.eye(maps.shape[1]))
        self.attention = {f"block{place}": each for place, each in enumerate(attention, start=1)}
        self.attending = tuple(self.attention)

    def attentions(self, images: Tensor, *, blocks: Sequence[str]) -> Iterator[Tensor]:
        yield from (self.attention[block] for block in blocks)


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


def small_timm_network() -> GAPClassifier:
    """A real backbone of half a million weights, with arbitrary values."""
    options = ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)
    network = options.build(named(CLASSES))
    shake(network)
    return network.eval()


def small_unet() -> nn.Module:
    """A segmentation network of two classes, untrained."""
    options = SegmenterOptions(
        architecture="Unet",
        encoder="tu-mobilenetv3_small_050",
        encoder_weights="none",
        output_stride=32,
        options={"decoder_channels": [16, 16, 8, 8, 4]},
    )
    return options.build(named(2))


def one_by_one(network: Tiny, block: str, images: Tensor, targets: Targets) -> list[tuple[Tensor, Tensor]]:
    """Maps and gradients of every pair in double precision, each by a backward pass of its own: a reference."""
    double, pairs = deepcopy(network).double(), []
    for image, cls in zip(targets.image.tolist(), targets.cls.tolist(), strict=True):
        cut = double.until(block, images[image : image + 1].double())
        (gradient,) = torch.autograd.grad(double.after(block, cut)[0, cls], cut.maps)
        pairs.append((cut.maps[0].detach(), gradient[0]))
    return pairs
