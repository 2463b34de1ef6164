"""A backbone, global average pooling and a linear head without a bias: what class activation maps come from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from wsss.configurable import Configurable
from wsss.errors import ModelError, one_of
from wsss.models.chain import Block, run
from wsss.models.families import blocks_of, check_backbone, create_backbone, outline
from wsss.models.layers import from_pixels, layers_of
from wsss.models.normalisation import Normalisation
from wsss.models.weights import (
    DOWNLOADED,
    UNTRAINED,
    check_weights,
    download,
    file_of,
    load_backbone,
    normalisation_of,
    stored_weights,
)
from wsss.plugins import backbone_modules
from wsss.protocols import Edges, Layer
from wsss.types import Cut, Images


class GAPClassifier(nn.Module):
    """Logits are the spatial mean of the last maps times `head_weight`: the means of the CAMs (Zhou et al., CVPR 2016).

    It is a `CutClassifier` with a `LinearHead`; a `LayerChain`, though not every layer can be crossed; and `Attentive`
    and `Graphical`, though without such blocks where the backbone is not a transformer or draws no graph. What a
    transformer keeps beside its patches (class and register tokens) is in a cut's `rest` and has no part in the
    pooling. `backbone` comes from `create_backbone` and keeps timm's names.
    """

    def __init__(self, backbone: nn.Module, *, classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        self._blocks = blocks_of(backbone)
        self.head = nn.Linear(self._blocks["last"].channels, classes, bias=False)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, first to last."""
        return tuple(self._blocks)

    @property
    def strides(self) -> dict[str, int]:
        """Input pixels a cell of the maps after each block."""
        return {name: block.stride for name, block in self._blocks.items()}

    @property
    def stride(self) -> int:
        """Input pixels a cell of the last maps."""
        return self.strides["last"]

    @property
    def channels(self) -> int:
        """Channels of the last maps."""
        return self.head.in_features

    @property
    def head_weight(self) -> Float[Tensor, "c d"]:
        """The class weights."""
        return self.head.weight

    def forward(self, images: Images) -> Float[Tensor, "b c"]:
        """Return the logits."""
        return self.after("last", self.until("last", images))

    def until(self, block: str, images: Images) -> Cut:
        """Run the network up to and including `block`; raises `ModelError` for a block that it does not have."""
        return self._run(self.blocks[: self._position(block) + 1], Cut(maps=images, stride=1))

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Run the rest of the network on what `until` returned for the same block; leaves `cut` as it was."""
        cut = self._run(self.blocks[self._position(block) + 1 :], cut)
        return functional.linear(cut.maps.mean(dim=(2, 3)), self.head.weight)

    @property
    def attending(self) -> tuple[str, ...]:
        """Names of the blocks in which cells attend to each other, first to last."""
        return tuple(name for name, block in self._blocks.items() if block.attention is not None)

    def attentions(self, images: Images, *, blocks: Sequence[str]) -> Iterator[Float[Tensor, "b z z"]]:
        """Yield how much each cell attends to each in every one of `blocks`, the mean over heads: see `Attentive`."""
        for block, cut in self._before(blocks, images):
            assert block.attention is not None, "only blocks of `attending`"
            yield block.attention(self.backbone, block.paths, cut)

    @property
    def connecting(self) -> tuple[str, ...]:
        """Names of the blocks in which cells are the vertices of a graph, first to last."""
        return tuple(name for name, block in self._blocks.items() if block.edges is not None)

    def edges(self, images: Images, *, blocks: Sequence[str]) -> Iterator[Edges]:
        """Yield the graph of each of `blocks`: see `Graphical`."""
        for block, cut in self._before(blocks, images):
            assert block.edges is not None, "only blocks of `connecting`"
            yield block.edges(self.backbone, block.paths, cut)

    def layers(self, block: str) -> tuple[Layer, ...]:
        """Return the layers of a block one by one, for relevance to cross (FG-CAM).

        Raises `ModelError` for a block that the network does not have, and for a layer that relevance cannot cross.
        """
        name = self.blocks[self._position(block)]
        layers = layers_of(self.backbone.get_submodule(path) for path in self._blocks[name].paths)
        return from_pixels(layers) if name == self.blocks[0] else layers

    def trained_paths_until(self, block: str) -> tuple[str, ...]:
        """Return what holds the backbone's parameters, from the input up to and including `block`.

        These are submodules, and parameters that belong to none.
        """
        blocks = [self._blocks[name] for name in self.blocks[: self._position(block) + 1]]
        modules = (path for block in blocks for path in block.paths)
        trained = (path for path in modules if any(True for _ in self.backbone.get_submodule(path).parameters()))
        return (*(name for block in blocks for name in block.parameters), *trained)

    def head_parameters(self) -> Iterator[nn.Parameter]:
        """The new parameters, which are usually trained faster."""
        return self.head.parameters()

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters that came with weights."""
        return self.backbone.parameters()

    def _position(self, block: str) -> int:
        if block not in self._blocks:
            raise ModelError(f"block: this network has no {block!r}; its blocks are {one_of(self.blocks)}")
        return self.blocks.index(block)

    def _run(self, names: tuple[str, ...], cut: Cut) -> Cut:
        for name in names:
            cut = run(self.backbone, self._blocks[name], cut)
        return cut

    def _before(self, names: Sequence[str], images: Images) -> Iterator[tuple[Block, Cut]]:
        """Yield some blocks, first to last, each with the cut before it."""
        last, cut = max(self._position(name) for name in names), Cut(maps=images, stride=1)
        for position, (name, block) in enumerate(self._blocks.items()):
            if name in names:
                yield block, cut
            if position == last:
                return
            cut = run(self.backbone, block, cut)


def freeze_batch_norm(module: nn.Module) -> None:
    """Put every batch norm of `module` in eval mode; weights and biases stay trainable.

    The statistics of a pretrained network are better than those of a small batch, and an image's result stays
    independent of the others in its batch (IRN, PSA and ReCAM train so). `module.train()` undoes it: call this after.
    """
    for part in module.modules():
        if isinstance(part, _BatchNorm):
            part.eval()


@dataclass(frozen=True, kw_only=True)
class ClassifierOptions(Configurable):
    """Which backbone, from which weights, at which output stride (input pixels a cell of the last maps).

    `weights` is `imagenet` (timm's download), `packaged` (EfficientNet-Lite0, offline), a state dict's path, or `none`.
    """

    backbone: str = "tf_efficientnet_lite0"
    weights: str = "packaged"
    output_stride: int = 16

    def check(self) -> None:
        """Refuse with a `ModelError` a backbone, a stride or weights that cannot be had; takes well under a second.

        A file of weights is read: it may be of another architecture.
        """
        self._check_names()
        if self.weights_file() is not None:
            self._start()

    def weights_file(self) -> Path | None:
        """Return the file that `weights` names, None where it is a word."""
        return file_of(self.weights)

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Weights that lie in a file count by their bytes."""
        path = self.weights_file()
        return {"weights": (path,)} if path else {}

    def code(self) -> tuple[Path, ...]:
        """A backbone of a plug-in counts by its module."""
        return backbone_modules(self.backbone)

    @property
    def normalisation(self) -> Normalisation:
        """How pixels must be normalised for these weights."""
        return normalisation_of(self.weights, backbone=self.backbone)

    def build(self, classes: int) -> GAPClassifier:
        """Return the network with its first weights; raises `ModelError` where they cannot be had or do not fit."""
        self._check_names()
        return GAPClassifier(self._start(), classes=classes)

    def skeleton(self, classes: int) -> GAPClassifier:
        """Return the network without weights, for a checkpoint to fill."""
        return GAPClassifier(create_backbone(self.backbone, output_stride=self.output_stride), classes=classes)

    def outline(self) -> GAPClassifier:
        """Return a network of one class that takes no memory: enough to see what can be done with it.

        It is made once for all that ask: leave it as it is.
        """
        return _outline(self)

    def _check_names(self) -> None:
        check_backbone(self.backbone, output_stride=self.output_stride)
        check_weights(self.weights, backbone=self.backbone)

    def _start(self) -> nn.Module:
        with download(self.backbone):
            net = create_backbone(
                self.backbone, output_stride=self.output_stride, pretrained=self.weights == DOWNLOADED
            )
        if self.weights not in (DOWNLOADED, UNTRAINED):
            load_backbone(net, stored_weights(self.weights), origin=f"weights {self.weights!r} for {self.backbone}")
        return net


@cache
def _outline(options: ClassifierOptions) -> GAPClassifier:
    check_backbone(options.backbone, output_stride=options.output_stride)
    with torch.device("meta"):
        return GAPClassifier(outline(options.backbone, options.output_stride), classes=1)
