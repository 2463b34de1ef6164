"""AD-CAM (2022, arXiv 2211.10931): let a transformer's attention carry a class's activation to where it belongs.

Reconstructed from the abstract: it says that attention between two places is weakened where they attend to different
neighbours, and that activation then diffuses in proportion to what is left. The formulas are our own.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, assert_never

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.cams.attention import AttentionCAM, Matrix, balanced, with_row_sums_of_one
from wsss.cams.base import ROUNDING, CAMMethod
from wsss.cams.cam import CAM

Agreement = Literal["histogram", "cosine", "bhattacharyya", "none"]
Balance = Literal["push", "pull", "sinkhorn"]

ROUNDS: Final = 20
"""How often rows and columns are scaled in turn: far more than a matrix without zeros needs."""


@dataclass(frozen=True, kw_only=True)
class ADCAM(AttentionCAM):
    """M_t+1 = a M_t P + (1 - a) M_0, from M_0 = relu(base), P the rows of A * S brought to a sum of 1.

    Reconstructed from the abstract, as the module says. A is the attention among cells, averaged over heads and blocks,
    its rows brought to a sum of 1. S_ij says how alike rows i and j of A are, from 0 where they share no neighbour to 1
    where they are equal, so links between places that look elsewhere fade.

    The histogram takes z^3 steps, z the cells of a view: as long as 0.7 forward passes of ViT-S at 512 x 512 pixels,
    and 2.6 at 768 x 768.
    """

    called: ClassVar[str] = "AD-CAM"

    base: CAMMethod = field(default_factory=CAM)
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
        super().__post_init__()
        if self.steps < 0:
            raise ValueError(f"steps must not be negative, got {self.steps}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must lie in 0 .. 1, got {self.share}")

    def carried(
        self, maps: Float[Tensor, "m y x"], attention: Matrix, *, image: Float[Tensor, "3 h w"]
    ) -> Float[Tensor, "m y x"]:
        """See `AttentionCAM`."""
        del image
        return self._diffused(maps.flatten(1), self._links(attention)).reshape(maps.shape)

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
                return balanced(links, rounds=ROUNDS)
            case _:
                assert_never(self.balance)

    def _diffused(self, start: Float[Tensor, "m z"], links: Matrix) -> Float[Tensor, "m z"]:
        maps = start
        for _ in range(self.steps):
            maps = self.share * (maps @ links) + (1 - self.share) * start
        return maps


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
