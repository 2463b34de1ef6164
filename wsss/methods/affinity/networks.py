"""The networks that tell which cells belong together, on a classifier's backbone: AffinityNet and IRNet's edges."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss.methods.affinity.pairs import edge_affinities, feature_affinities
from wsss.models.base import NetworkOptions
from wsss.models.cuts.pyramid import Pyramid
from wsss.models.gap import GAPClassifier, with_backbone
from wsss.models.normalisation import Normalisation
from wsss.types import Images
from wsss.views.base import pad_to_multiple

WIDTHS: Final = (64, 128, 256)
"""Channels that AffinityNet keeps of the maps of three depths."""
EDGE_WIDTH: Final = 32
EDGE_GROUPS: Final = 4


class PairNetwork(nn.Module, ABC):
    """A backbone and a few new layers on the maps of several of its blocks, brought to one grid."""

    stride: ClassVar[int]
    """Pixels a cell of that grid; an image has `ceil(size / stride)` cells."""

    def __init__(self, classifier: GAPClassifier, *, blocks: Sequence[str]) -> None:
        super().__init__()
        self.pyramid = Pyramid(classifier.backbone, blocks=blocks)

    @abstractmethod
    def affinities(self, images: Images, *, radius: int) -> Iterator[Float[Tensor, "b y x"]]:
        """Yield the affinities of all pairs within a radius, in the order of `offsets`."""

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters that came with weights."""
        return self.pyramid.parameters()

    def new_parameters(self) -> Iterator[nn.Parameter]:
        """All other parameters."""
        old = {id(parameter) for parameter in self.pyramid.parameters()}
        return (parameter for parameter in self.parameters() if id(parameter) not in old)

    def whole_cells(self, images: Images) -> Float[Tensor, "b 3 padded_h padded_w"]:
        """Pad images at the right and bottom, so that every block has whole cells."""
        return pad_to_multiple(images, multiple=max(self.pyramid.strides))

    def on_grid(self, maps: Float[Tensor, "b d y x"], *, stride: int) -> Float[Tensor, "b d _ _"]:
        """Bring maps of a stride to the grid by linear interpolation."""
        if stride == self.stride:
            return maps
        return functional.interpolate(maps, scale_factor=stride / self.stride, mode="bilinear", align_corners=False)

    def cropped(self, maps: Float[Tensor, "b *d y x"], images: Images) -> Float[Tensor, "b *d _ _"]:
        """Return the cells that cover the images, without those of the padding only."""
        height, width = images.shape[-2:]
        return maps[..., : -(-height // self.stride), : -(-width // self.stride)]


class AffinityNet(PairNetwork):
    """PSA's network (Ahn and Kwak, CVPR 2018): features in which cells of one object are alike.

    The paper takes the maps of three depths of a network whose stride is 8 throughout. Here these are the first, the
    middle and the last of the blocks with a stride of 8 or more, brought to a stride of 8 after their own convolution.
    """

    stride = 8

    def __init__(self, classifier: GAPClassifier) -> None:
        super().__init__(classifier, blocks=first_middle_last(classifier.strides, least=self.stride))
        widths = WIDTHS[-len(self.pyramid.channels) :]
        self.narrow = nn.ModuleList(
            nn.Conv2d(channels, width, kernel_size=1, bias=False)
            for channels, width in zip(self.pyramid.channels, widths, strict=True)
        )
        self.mix = nn.Conv2d(sum(widths), sum(widths), kernel_size=1, bias=False)
        for layer in self.narrow:
            assert isinstance(layer, nn.Conv2d)
            nn.init.kaiming_normal_(layer.weight)
        nn.init.xavier_uniform_(self.mix.weight, gain=4)

    def forward(self, images: Images) -> Float[Tensor, "b d y x"]:
        """Return the features of every cell."""
        every = self.pyramid(self.whole_cells(images))
        narrow = [
            self.on_grid(functional.elu(layer(maps)), stride=stride)
            for layer, maps, stride in zip(self.narrow, every, self.pyramid.strides, strict=True)
        ]
        return functional.elu(self.mix(self.cropped(torch.cat(narrow, dim=1), images)))

    def affinities(self, images: Images, *, radius: int) -> Iterator[Float[Tensor, "b y x"]]:
        """See `feature_affinities`."""
        return feature_affinities(self(images), radius=radius)


class EdgeNet(PairNetwork):
    """The boundary branch of IRNet (Ahn et al., CVPR 2019): where one object ends and the next begins.

    Each chosen block is narrowed to 32 channels, normalised in groups and brought to a stride of 4; one convolution
    over all of them gives the edge. Blocks are the first and the last of every stride of 4 or more: of a ResNet these
    are the five stages, as in IRN. The displacement branch is left out: it serves instances only.
    """

    stride = 4

    def __init__(self, classifier: GAPClassifier) -> None:
        super().__init__(classifier, blocks=first_and_last_of_each(classifier.strides, least=self.stride))
        self.narrow = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, EDGE_WIDTH, kernel_size=1, bias=False),
                nn.GroupNorm(num_groups=EDGE_GROUPS, num_channels=EDGE_WIDTH),
            )
            for channels in self.pyramid.channels
        )
        self.edge = nn.Conv2d(EDGE_WIDTH * len(self.narrow), 1, kernel_size=1)

    def forward(self, images: Images) -> Float[Tensor, "b y x"]:
        """Return the logit of an edge in every cell."""
        every = self.pyramid(self.whole_cells(images))
        narrow = [
            self.on_grid(layer(maps), stride=stride).relu()
            for layer, maps, stride in zip(self.narrow, every, self.pyramid.strides, strict=True)
        ]
        return self.cropped(self.edge(torch.cat(narrow, dim=1)), images)[:, 0]

    def edges(self, images: Images) -> Float[Tensor, "b y x"]:
        """Return the probability of an edge in every cell: the logits of image and mirror image are averaged."""
        whole = self.whole_cells(images)
        logits = (self(whole) + self(whole.flip(-1)).flip(-1)) / 2
        return self.cropped(logits, images).float().sigmoid()

    def affinities(self, images: Images, *, radius: int) -> Iterator[Float[Tensor, "b y x"]]:
        """See `edge_affinities`."""
        return edge_affinities(self(images).float().sigmoid(), radius=radius)


@dataclass(frozen=True, kw_only=True)
class PairOptions(NetworkOptions, ABC):
    """How a pair network is built: on which classifier's backbone."""

    classifier: NetworkOptions

    @abstractmethod
    def on(self, classifier: nn.Module) -> PairNetwork:
        """Return the network on a classifier's backbone; raises `ModelError` for a classifier without one."""

    def build(self, classes: tuple[str, ...]) -> PairNetwork:
        """See `NetworkOptions`."""
        return self.on(self.classifier.build(classes))

    def skeleton(self, classes: tuple[str, ...]) -> PairNetwork:
        """See `NetworkOptions`."""
        return self.on(self.classifier.skeleton(classes))

    def outline(self) -> PairNetwork:
        """See `NetworkOptions`."""
        with torch.device("meta"):
            return self.on(self.classifier.outline())

    @property
    def normalisation(self) -> Normalisation:
        """See `NetworkOptions`."""
        return self.classifier.normalisation

    def check(self) -> None:
        """See `NetworkOptions`."""
        self.classifier.check()


@final
@dataclass(frozen=True, kw_only=True)
class AffinityNetOptions(PairOptions):
    """Build AffinityNet (PSA)."""

    def on(self, classifier: nn.Module) -> AffinityNet:
        """See `PairOptions`."""
        return AffinityNet(with_backbone(classifier))


@final
@dataclass(frozen=True, kw_only=True)
class EdgeNetOptions(PairOptions):
    """Build IRNet's boundary branch (IRN)."""

    def on(self, classifier: nn.Module) -> EdgeNet:
        """See `PairOptions`."""
        return EdgeNet(with_backbone(classifier))


def first_middle_last(strides: Mapping[str, int], *, least: int) -> tuple[str, ...]:
    """Return three of the blocks whose stride is at least `least`; fewer where there are not as many."""
    names = [name for name, stride in strides.items() if stride >= least]
    return tuple(dict.fromkeys((names[0], names[len(names) // 2], names[-1])))


def first_and_last_of_each(strides: Mapping[str, int], *, least: int) -> tuple[str, ...]:
    """Return the first and the last block of every stride that is at least `least`."""
    groups: dict[int, list[str]] = {}
    for name, stride in strides.items():
        if stride >= least:
            groups.setdefault(stride, []).append(name)
    return tuple(dict.fromkeys(name for group in groups.values() for name in (group[0], group[-1])))
