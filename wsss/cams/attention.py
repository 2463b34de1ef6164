"""Methods that carry a map along the attention, or another affinity, among its cells."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import CAMMethod, FromCut, by_image
from wsss.errors import ModelError
from wsss.protocols import Attentive, CutAttentive, CutClassifier, Related
from wsss.types import Images, RawMaps, Targets

Matrix = Float[Tensor, "z z"]
"""Non-negative, a row for each cell of one image's maps, counted row by row: what it attends, or gives, to each."""


@dataclass(frozen=True, kw_only=True)
class AttentionCAM(CAMMethod):
    """A method that carries another one's maps, without their negative part, along the attention among their cells.

    Needs a base whose maps have a value for each cell of the attention. It costs the base, a forward pass, and z x z
    numbers a few times, z the cells of a view. With a `Related` classifier, which need not attend, the other network's
    affinity takes the place of the attention.
    """

    called: ClassVar[str]
    """The method's name in sentences."""

    base: CAMMethod
    """What is carried: a method's maps after `block`."""
    layers: int | Literal["all"] = "all"
    """How many of the blocks that attend are averaged, counted from the last."""

    def __post_init__(self) -> None:
        if self.layers != "all" and self.layers < 1:
            raise ValueError(f"layers must be at least 1, or all; got {self.layers}")

    @property
    def base_at_block(self) -> CAMMethod:
        """The base, after this method's block."""
        return replace(self.base, block=self.block)

    @abstractmethod
    def carried(
        self, maps: Float[Tensor, "m y x"], attention: Matrix, *, image: Float[Tensor, "3 h w"]
    ) -> Float[Tensor, "m y x"]:
        """Return the maps of one image's classes, carried along its attention."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        # Half precision would round away the small weights that most of the attention consists of.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            maps, attention = self._seen(model, images, targets)
            for image, mine in by_image(targets):
                maps[mine] = self.carried(maps[mine], attention[image[0]], image=images[image[0]])
        return maps

    def _seen(self, model: CutClassifier, images: Images, targets: Targets) -> tuple[RawMaps, Float[Tensor, "b z z"]]:
        """Return the base's maps without their negative part, and the mean attention: of one pass where that does."""
        base = self.base_at_block
        if isinstance(model, Related):
            maps = base(model.classifier, images, targets).relu()
            return maps, model.affinity(images, grid=(maps.shape[-2], maps.shape[-1]))
        assert isinstance(model, Attentive), "check() comes first"
        blocks = self._attending(model)
        if isinstance(base, FromCut) and isinstance(model, CutAttentive) and self.block == model.blocks[-1]:
            cut, attention = model.attended(images, blocks=blocks)
            return base.from_cut(model, cut, targets).relu(), attention
        return base(model, images, targets).relu(), mean_attention(model, images, blocks=blocks)

    def check(self, model: CutClassifier) -> None:
        """Refuse a network without attention, one with fewer layers than are asked for, and what the base refuses."""
        super().check(model)
        if isinstance(model, Related):
            self.base_at_block.check(model.classifier)
            return
        if not isinstance(model, Attentive):
            remedy = "use classifier=vit_small, stages=token_affinity, or another cam"
            raise ModelError(f"{self.called} needs the attention of a transformer: {remedy}")
        if self.layers != "all" and self.layers > len(model.attending):
            raise ModelError(f"cam.layers={self.layers}: only {len(model.attending)} of this network's blocks attend")
        self.base_at_block.check(model)

    def _attending(self, model: Attentive) -> tuple[str, ...]:
        return model.attending if self.layers == "all" else model.attending[-self.layers :]


def mean_attention(model: Attentive, images: Images, *, blocks: Sequence[str]) -> Float[Tensor, "b z z"]:
    """Return the mean over blocks, which are added up one by one to save memory."""
    total = torch.zeros((), device=images.device)
    for attention in model.attentions(images, blocks=blocks):
        total = total + attention.float() / len(blocks)
    return total


def with_row_sums_of_one(matrix: Matrix) -> Matrix:
    """Divide every row by its sum; a cell that is linked to none keeps to itself."""
    sums = matrix.sum(dim=1, keepdim=True)
    alone = torch.eye(len(matrix), device=matrix.device)
    return torch.where(sums > 0, matrix / sums.masked_fill(sums == 0, 1), alone)


def balanced(matrix: Matrix, *, rounds: int) -> Matrix:
    """Scale columns and rows in turn until all add up to 1 (Sinkhorn and Knopp, 1967), rows exactly.

    Columns come as near to it as the rounds and the zeros of the matrix let them.
    """
    for _ in range(rounds):
        matrix = with_row_sums_of_one(with_row_sums_of_one(matrix.mT).mT)
    return matrix
