"""Rebalancing (DHR, Jo et al., ECCV 2024): an optimal transport gives small classes what a larger one covers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, assert_never, final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from wsss.cams.base import scaled_to_one
from wsss.refine.base import Inputs, Refine, Refiner
from wsss.refine.rescaled import TINY, with_peaks_of
from wsss.types import ScoreMaps

MET: Final = 1e-3
"""How far a label's share may be from what it should be, as a share of that, when the rounds end."""


@final
@dataclass(frozen=True, kw_only=True)
class Rebalance(Refiner):
    """Multiply scores by the plan of an optimal transport between cells and labels: where each label is needed most.

    Moving a cell to a label costs 1 - score; cells count the same, and labels get their `shares` of the image, so a
    class that is weak everywhere still gets the cells where it is least weak. The plan of each label is brought to
    [0, 1] and multiplied onto its scores, which then reach their highest value again. A single label stays as it is,
    and so does one that the plan would take away.

    Before a background rule the classes of an image share it among themselves (step 1 of DHR), after one the background
    takes part (its last step). The authors give every label the same share of the image, which a small object cannot
    fill; here the sums of the maps say how large the shares are. Their steps in between compare self-supervised
    features, which are not read here.
    """

    shares: Literal["areas", "even"] = "areas"
    """How much of the image a label gets: as the sum of its scores among all, or as much as every other."""
    epsilon: float = 0.1
    """How soft the plan is, in units of scores: less leaves each cell to fewer labels."""
    iterations: int = 100
    """Rounds of Sinkhorn's scaling, at most."""

    def __post_init__(self) -> None:
        if self.epsilon <= 0:
            raise ValueError(f"epsilon must be positive, got {self.epsilon}")
        if self.iterations < 1:
            raise ValueError(f"iterations must be at least 1, got {self.iterations}")

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Read nothing."""

        def refine(_: Sequence[NDArray[np.uint8]], every: Sequence[ScoreMaps]) -> list[ScoreMaps]:
            return [self.apply(maps.to(device)) for maps in every]

        return refine

    @torch.no_grad()
    def apply(self, maps: ScoreMaps) -> ScoreMaps:
        """Rebalance the maps of an image."""
        if len(maps.labels) < 2:
            return maps
        scores = maps.scores.flatten(1)
        plan = transport(scores, shares=self._shares(scores), epsilon=self.epsilon, iterations=self.iterations)
        balanced = scores * scaled_to_one(plan)
        # A plan that is the same everywhere, or that is least where the label is, would take it away.
        gone = balanced.amax(dim=1, keepdim=True) <= TINY
        kept = torch.where(gone, scores, balanced).reshape(maps.scores.shape)
        return replace(maps, scores=with_peaks_of(maps, kept).clamp(0, 1))

    def _shares(self, scores: Float[Tensor, "m z"]) -> Float[Tensor, " m"]:
        match self.shares:
            case "areas":
                areas = scores.sum(dim=1).clamp(min=TINY)
                return areas / areas.sum()
            case "even":
                return torch.full_like(scores[:, 0], 1 / len(scores))
            case _:
                assert_never(self.shares)


def transport(
    scores: Float[Tensor, "m z"], *, shares: Float[Tensor, " m"], epsilon: float, iterations: int
) -> Float[Tensor, "m z"]:
    """Return the plan between labels and cells with the least cost - epsilon * entropy, cost 1 - score (Cuturi, 2013).

    Cells have 1 / z each, exactly; labels have their `shares`, which add up to 1, as exactly as the rounds let them.
    Scaling goes on in logarithms, so that a small epsilon leaves no zeros.
    """
    kernel = (scores - 1) / epsilon
    wanted = shares.log()
    each = -torch.log(torch.tensor(float(scores.shape[1]), dtype=scores.dtype, device=scores.device))
    labels = torch.zeros_like(wanted)
    for _ in range(iterations):
        cells = each - (kernel + labels[:, None]).logsumexp(dim=0)
        got = labels + (kernel + cells).logsumexp(dim=1)
        if (got - wanted).abs().max() < MET:
            break
        labels = labels + wanted - got
    return (kernel + labels[:, None] + each - (kernel + labels[:, None]).logsumexp(dim=0)).exp()
