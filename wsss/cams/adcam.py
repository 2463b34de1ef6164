"""AD-CAM (2022, arXiv 2211.10931): let a transformer's attention carry a class's activation to where it belongs.

Reconstructed from the abstract: it says that attention between two places is weakened where they attend to different
neighbours, and that activation then diffuses in proportion to what is left. The formulas are our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, assert_never

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.cams.base import ROUNDING, CAMMethod, by_image
from wsss.cams.cam import CAM
from wsss.errors import ModelError
from wsss.protocols import Attentive, CutClassifier
from wsss.types import Images, RawMaps, Targets

Matrix = Float[Tensor, "z z"]
"""Non-negative, a row for each cell of one image's maps, counted row by row: what it attends, or gives, to each."""
Agreement = Literal["histogram", "cosine", "bhattacharyya", "none"]
Balance = Literal["push", "pull", "sinkhorn"]

ROUNDS: Final = 20
"""How often rows and columns are scaled in turn: far more than a matrix without zeros needs."""


@dataclass(frozen=True, kw_only=True)
class ADCAM(CAMMethod):
    """M_t+1 = a M_t P + (1 - a) M_0, from M_0 = relu(base), P the rows of A * S brought to a sum of 1.

    Reconstructed from the abstract, as the module says. A is the attention among cells, averaged over heads and blocks,
    its rows brought to a sum of 1. S_ij says how alike rows i and j of A are, from 0 where they share no neighbour to 1
    where they are equal, so links between places that look elsewhere fade. Needs a base whose maps have a value for
    each cell of the attention. It costs the base, a forward pass, and z x z numbers a few times, z the cells of a view.
    The histogram takes z^3 steps: as long as 0.7 forward passes of ViT-S at 512 x 512 pixels, and 2.6 at 768 x 768.
    """

    base: CAMMethod = field(default_factory=CAM)
    """What is diffused: a method's maps after `block`, without their negative part."""
    layers: int | Literal["all"] = "all"
    """How many of the blocks that attend are averaged, counted from the last."""
    refinement: Agreement = "histogram"
    """S_ij: the sum of min(A_ik, A_jk) over k, the cosine of both rows, or the sum of sqrt(A_ik A_jk). With `none` it
    is 1: the direct coupling that the paper sets out from."""
    balance: Balance = "push"
    """`push`: a cell gives away all that it has, so the sum of a map is kept. `pull`: it becomes the mean of those that
    it attends to (M P^T), so a constant map is kept. `sinkhorn`: `push` with columns of P that add up to 1 as well,
    which keeps both."""
    steps: int = 1
    share: float = 1.0
    """a, in 0 .. 1: how much of a map moves in each step; the rest starts anew from the base."""

    def __post_init__(self) -> None:
        if self.layers != "all" and self.layers < 1:
            raise ValueError(f"layers must be at least 1, or all; got {self.layers}")
        if self.steps < 0:
            raise ValueError(f"steps must not be negative, got {self.steps}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must lie in 0 .. 1, got {self.share}")

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        assert isinstance(model, Attentive), "check() comes first"
        # Half precision would round away the small weights that most of the attention consists of.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            maps = replace(self.base, block=self.block)(model, images, targets).relu()
            attention = mean_attention(model, images, blocks=self._attending(model))
            for image, mine in by_image(targets):
                links = self._links(attention[image[0]])
                maps[mine] = self._diffused(maps[mine].flatten(1), links).reshape(maps[mine].shape)
        return maps

    def check(self, model: CutClassifier) -> None:
        """Refuse a network without attention, one with fewer layers than are asked for, and what the base refuses."""
        super().check(model)
        if not isinstance(model, Attentive):
            raise ModelError("AD-CAM needs the attention of a transformer: use classifier=vit_small, or another cam")
        if self.layers != "all" and self.layers > len(model.attending):
            raise ModelError(f"cam.layers={self.layers}: only {len(model.attending)} of this network's blocks attend")
        replace(self.base, block=self.block).check(model)

    def _attending(self, model: Attentive) -> tuple[str, ...]:
        return model.attending if self.layers == "all" else model.attending[-self.layers :]

    def _links(self, attention: Matrix) -> Matrix:
        """Return P, with which one image's maps are multiplied."""
        attention = with_row_sums_of_one(attention)
        links = with_row_sums_of_one(attention * agreement(attention, how=self.refinement))
        match self.balance:
            case "push":
                return links
            case "pull":
                return links.mT
            case "sinkhorn":
                return balanced(links)
            case _:
                assert_never(self.balance)

    def _diffused(self, start: Float[Tensor, "m z"], links: Matrix) -> Float[Tensor, "m z"]:
        maps = start
        for _ in range(self.steps):
            maps = self.share * (maps @ links) + (1 - self.share) * start
        return maps


def mean_attention(model: Attentive, images: Images, *, blocks: Sequence[str]) -> Float[Tensor, "b z z"]:
    """Return the mean over blocks, which are added up one by one to save memory."""
    total = torch.zeros((), device=images.device)
    for attention in model.attentions(images, blocks=blocks):
        total = total + attention.float() / len(blocks)
    return total


def agreement(attention: Matrix, *, how: Agreement) -> Matrix:
    """Return how alike every two rows are, in 0 .. 1; rows add up to 1. See `ADCAM.refinement`."""
    match how:
        case "histogram":
            # min(a, b) is (a + b - |a - b|) / 2, and the distance needs no z x z x z numbers.
            alike = 1 - torch.cdist(attention[None], attention[None], p=1)[0] / 2
        case "cosine":
            rows = functional.normalize(attention, dim=1)
            alike = rows @ rows.mT
        case "bhattacharyya":
            alike = attention.sqrt() @ attention.sqrt().mT
        case "none":
            alike = torch.ones_like(attention)
        case _:
            assert_never(how)
    return alike.clamp(max=1).masked_fill(alike <= ROUNDING, 0)


def with_row_sums_of_one(matrix: Matrix) -> Matrix:
    """Divide every row by its sum; a cell that is linked to none keeps to itself."""
    sums = matrix.sum(dim=1, keepdim=True)
    alone = torch.eye(len(matrix), device=matrix.device)
    return torch.where(sums > 0, matrix / sums.masked_fill(sums == 0, 1), alone)


def balanced(matrix: Matrix, *, rounds: int = ROUNDS) -> Matrix:
    """Scale columns and rows in turn until all add up to 1 (Sinkhorn and Knopp, 1967), rows exactly.

    Columns come as near to it as the rounds and the zeros of the matrix let them.
    """
    for _ in range(rounds):
        matrix = with_row_sums_of_one(with_row_sums_of_one(matrix.mT).mT)
    return matrix
