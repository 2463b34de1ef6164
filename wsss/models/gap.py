"""A backbone, global average pooling and a linear head without a bias: what class activation maps come from."""

from collections.abc import Iterator, Sequence
from typing import Final, final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.cuts.chain import Block, position_of, run
from wsss.models.cuts.families import blocks_of, chain_of
from wsss.models.cuts.layers import from_pixels, layers_of
from wsss.models.freezing import freeze_parameters
from wsss.protocols import Edges, Layer
from wsss.types import Cut, Images

HEAD: Final = "head.weight"
"""The class weights in a state dict."""


class GAPClassifier(nn.Module):
    """Logits are the spatial mean of the last maps times `head_weight`: the means of the CAMs (Zhou et al., CVPR 2016).

    It is a `Classifies` with a `LinearHead`; `gap_classifier` makes the subclass that tells what else the backbone has.
    What a transformer keeps beside its patches (class and register tokens) is in a cut's `rest` and has no part in the
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
        return self.classify(images)

    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        """Return the logits of all classes."""
        return self.after("last", self.until("last", images))

    def until(self, block: str, images: Images) -> Cut:
        """Run the network up to and including `block`; raises `ModelError` for a block that it does not have."""
        return self._run(self.blocks[: self._position(block) + 1], Cut(maps=images, stride=1))

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Run the rest of the network on what `until` returned for the same block; leaves `cut` as it was."""
        return functional.linear(self.onwards(block, cut).maps.mean(dim=(2, 3)), self.head.weight)

    def onwards(self, block: str, cut: Cut) -> Cut:
        """Return the cut after the last block, given the one after `block`, which is left as it was."""
        return self._run(self.blocks[self._position(block) + 1 :], cut)

    def trained_paths_until(self, block: str) -> tuple[str, ...]:
        """Return what holds the backbone's parameters, from the input up to and including `block`.

        These are submodules, and parameters that belong to none.
        """
        blocks = [self._blocks[name] for name in self.blocks[: self._position(block) + 1]]
        modules = (path for block in blocks for path in block.paths)
        trained = (path for path in modules if any(True for _ in self.backbone.get_submodule(path).parameters()))
        return (*(name for block in blocks for name in block.parameters), *trained)

    def freeze_until(self, block: str | None) -> None:
        """Stop training the backbone up to and including a block, and nothing of it for None."""
        if block is not None:
            freeze_parameters(self.backbone, paths=self.trained_paths_until(block))

    def head_parameters(self) -> Iterator[nn.Parameter]:
        """The new parameters, which are usually trained faster."""
        return self.head.parameters()

    def backbone_parameters(self) -> Iterator[nn.Parameter]:
        """The parameters that came with weights."""
        return self.backbone.parameters()

    def _position(self, block: str) -> int:
        return position_of(block, among=self.blocks)

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


@final
class LayeredClassifier(GAPClassifier):
    """A `LayerChain`: every block is modules on maps, though not every layer can be crossed."""

    def layers(self, block: str) -> tuple[Layer, ...]:
        """Return the layers of a block one by one, for relevance to cross (FG-CAM).

        Raises `ModelError` for a block that the network does not have, and for a layer that relevance cannot cross.
        """
        name = self.blocks[self._position(block)]
        layers = layers_of(self.backbone.get_submodule(path) for path in self._blocks[name].paths)
        return from_pixels(layers) if name == self.blocks[0] else layers


@final
class AttentiveClassifier(GAPClassifier):
    """`Attentive`: in some blocks, cells attend to each other."""

    @property
    def attending(self) -> tuple[str, ...]:
        """Names of the blocks in which cells attend to each other, first to last."""
        return tuple(name for name, block in self._blocks.items() if block.attention is not None)

    def attentions(self, images: Images, *, blocks: Sequence[str]) -> Iterator[Float[Tensor, "b z z"]]:
        """Yield how much each cell attends to each in every one of `blocks`, the mean over heads: see `Attentive`."""
        for block, cut in self._before(blocks, images):
            assert block.attention is not None, "only blocks of `attending`"
            yield block.attention(self.backbone, block.paths, cut)


@final
class GraphicalClassifier(GAPClassifier):
    """`Graphical`: in some blocks, cells are the vertices of a graph."""

    @property
    def connecting(self) -> tuple[str, ...]:
        """Names of the blocks in which cells are the vertices of a graph, first to last."""
        return tuple(name for name, block in self._blocks.items() if block.edges is not None)

    def edges(self, images: Images, *, blocks: Sequence[str]) -> Iterator[Edges]:
        """Yield the graph of each of `blocks`: see `Graphical`."""
        for block, cut in self._before(blocks, images):
            assert block.edges is not None, "only blocks of `connecting`"
            yield block.edges(self.backbone, block.paths, cut)


def gap_classifier(backbone: nn.Module, *, classes: int) -> GAPClassifier:
    """Return a classifier on a backbone that satisfies the protocols the backbone has what it takes for."""
    chain = chain_of(backbone)
    if chain.attention is not None:
        return AttentiveClassifier(backbone, classes=classes)
    if chain.edges is not None:
        return GraphicalClassifier(backbone, classes=classes)
    return LayeredClassifier(backbone, classes=classes)


def with_backbone(network: nn.Module) -> GAPClassifier:
    """Return a network as what trainings go on from; raises `ModelError` for one that does not pool a backbone."""
    if not isinstance(network, GAPClassifier):
        raise ModelError(
            f"a {type(network).__name__} does not pool the maps of a backbone: read a stage that trains such a "
            "classifier, as train_classifier and train_recam do"
        )
    return network


def check_frozen(network: nn.Module, *, block: str | None) -> None:
    """Refuse with a `ModelError` a network without a backbone, and a block to freeze that it does not have."""
    classifier = with_backbone(network)
    if block is not None:
        classifier.trained_paths_until(block)
