"""Protocols of networks, which CAM methods and views ask for: a network satisfies one or it does not.

Shape letters are those of `wsss.types`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int64
from torch import Tensor

from wsss.types import Cut, Images

Maps = Float[Tensor, "n d y x"]


@runtime_checkable
class CutClassifier(Protocol):
    """A classifier that can be stopped after a block and continued: `after(block, until(block, x))` are x's logits.

    Blocks are named `stem, block1 .. blockN, last`, from the input to what feeds the pooling.
    """

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks, first to last."""
        ...

    @property
    def stride(self) -> int:
        """Input pixels that one cell of the last block's maps covers, along each axis."""
        ...

    def until(self, block: str, images: Images) -> Cut:
        """Run the network up to and including `block`; raises `ModelError` for a block that it does not have."""
        ...

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Run the rest of the network on what `until` returned for the same block."""
        ...


@runtime_checkable
class Classifies(CutClassifier, Protocol):
    """A classifier of the data's classes: its logits say what an image shows."""

    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        """Return the logits of all classes."""
        ...


@runtime_checkable
class Segments(Protocol):
    """A network that labels every pixel."""

    def segment(self, images: Images) -> Float[Tensor, "b labels h w"]:
        """Return the logits of all labels, background first, at the images' size."""
        ...


@runtime_checkable
class LinearHead(Protocol):
    """A classifier whose logits are the spatial mean of its last maps times a matrix, without bias: what CAM needs."""

    @property
    def head_weight(self) -> Float[Tensor, "c d"]:
        """The class weights."""
        ...


class Layer(ABC):
    """One step of a network. Neither method changes what it is given, nor the network."""

    @abstractmethod
    def run(self, maps: Maps) -> Float[Tensor, "n e p q"]:
        """Return what the network makes of `maps`."""

    @abstractmethod
    def back(self, maps: Maps, relevance: Float[Tensor, "n e p q"]) -> Maps:
        """Share the relevance of the layer's output out among the `maps` that it was given."""


@runtime_checkable
class LayerChain(Protocol):
    """A classifier that tells its layers: what FG-CAM needs."""

    def layers(self, block: str) -> tuple[Layer, ...]:
        """Return the layers of a block in the order in which they run.

        Raises `ModelError` for a layer that relevance cannot cross.
        """
        ...


@runtime_checkable
class Attentive(Protocol):
    """A network in some of whose blocks the cells of its maps attend to each other."""

    @property
    def attending(self) -> tuple[str, ...]:
        """Names of these blocks, first to last."""
        ...

    def attentions(self, images: Images, *, blocks: Sequence[str]) -> Iterator[Float[Tensor, "b z z"]]:
        """Yield for each of `blocks`, first to last, how much each cell (row) attends to each, the mean over heads.

        Rows add up to 1, or to less where part of the attention is on tokens that are not cells.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ClassAttention:
    """What a network with a token for each class says, in one pass, of where the classes are."""

    classes: Float[Tensor, "b c z"]
    """How much each class's token attends to each cell, the mean over heads and blocks."""
    patches: Float[Tensor, "b c y x"]
    """The maps of the patches, whose pooled values are logits."""
    among: Float[Tensor, "b z z"]
    """How much each cell attends to each, the mean over heads, added up over all blocks."""


@runtime_checkable
class ClassAttentive(Protocol):
    """A network in whose blocks a token for each class attends to the cells."""

    @property
    def attending(self) -> tuple[str, ...]:
        """Names of these blocks, first to last."""
        ...

    def class_attention(self, images: Images, *, blocks: Sequence[str]) -> ClassAttention:
        """Return the patch maps, and attention: that of class tokens as the mean over `blocks`."""
        ...


@runtime_checkable
class CutAttentive(Protocol):
    """An `Attentive` classifier that tells in one pass what methods need that carry maps along attention."""

    def attended(self, images: Images, *, blocks: Sequence[str]) -> tuple[Cut, Float[Tensor, "b z z"]]:
        """Return the cut after the last block, and the mean of the attention of `blocks`."""
        ...


@runtime_checkable
class Related(Protocol):
    """A classifier beside which another network says how much the cells of its last maps have to do with each other."""

    @property
    def classifier(self) -> CutClassifier:
        """The classifier alone."""
        ...

    def affinity(self, images: Images, *, grid: tuple[int, int]) -> Float[Tensor, "b z z"]:
        """Return how much each of so many rows and columns of cells is related to each: symmetric, not negative."""
        ...


@runtime_checkable
class Prompted(Protocol):
    """A classifier by words: after the logits of its classes stand those of background prompts.

    They compete in a softmax: a prompt takes from the classes what it explains better.
    """

    @property
    def prompts(self) -> int:
        """How many of the logits, the last ones, are those of background prompts."""
        ...


@dataclass(frozen=True, kw_only=True)
class Edges:
    """The graph among the cells of maps: whom each is connected with, and the cosine by which they were found."""

    neighbours: Int64[Tensor, "b z k"]
    cosine: Float[Tensor, "b z k"]


@runtime_checkable
class Graphical(Protocol):
    """A network in some of whose blocks the cells of its maps are the vertices of a graph."""

    @property
    def connecting(self) -> tuple[str, ...]:
        """Names of these blocks, first to last."""
        ...

    def edges(self, images: Images, *, blocks: Sequence[str]) -> Iterator[Edges]:
        """Yield the graph of each of `blocks`, first to last."""
        ...


@runtime_checkable
class Binary(Protocol):
    """Classifiers of two classes each: every class is told apart from equally many others."""

    def binary(self, cls: int) -> Sequence[tuple[CutClassifier, int]]:
        """Return for each of the others the network that tells them apart, and the logit that is the class's lead."""
        ...


@runtime_checkable
class Prototyped(Protocol):
    """A classifier that has seen what the parts of each class look like in its last maps."""

    def prototypes(self, cls: int) -> tuple[Float[Tensor, "k d"], Float[Tensor, "q d"]]:
        """Return vectors of a class's parts, and of what often surrounds it."""
        ...
