"""Soft votes of regions: every pixel gets the mean scores of the regions that it lies in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt16
from torch import Tensor

from wsss.refine.region_refiner import RegionRefiner
from wsss.refine.rescaled import TINY, with_peaks_of
from wsss.types import ScoreMaps


@final
@dataclass(frozen=True, kw_only=True)
class RegionVotes(RegionRefiner):
    """Replace a score by the mean over each region that holds the pixel, and over these regions.

    A soft form of SEPL (Chen et al., 2023), in which overlapping regions all have a say and their order has none.
    Pixels that lie in no region keep their scores.
    """

    weights: Literal["even", "purity"] = "even"
    """What a region counts among those of a pixel: all the same, or by the mean score of its strongest label."""
    share: float = 1.0
    """How much of a say the regions have; the scores as they came have the rest."""
    rescale: bool = True
    """Whether every class is multiplied so that its highest score is again what it was: means are lower than peaks,
    and a threshold that was right before would be too high. The background's row is left as it is."""

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must lie in [0, 1], got {self.share}")

    def refined(self, full: ScoreMaps, *, regions: UInt16[np.ndarray, "k h w"]) -> ScoreMaps:
        """Let the regions of an image vote."""
        if not len(full.labels):
            return full
        layers = [torch.from_numpy(layer.astype(np.int64)).to(full.scores.device) for layer in regions]
        voted = self._blended(full.scores, voted=self._votes(full.scores, layers))
        return replace(full, scores=(with_peaks_of(full, voted) if self.rescale else voted).clamp(0, 1))

    def _votes(self, scores: Float[Tensor, "m h w"], layers: Sequence[Int64[Tensor, "h w"]]) -> Float[Tensor, "m h w"]:
        """Return the weighted mean over all regions of each pixel."""
        total, weight = torch.zeros_like(scores), torch.zeros_like(scores[0])
        for layer in layers:
            means = region_means(scores, layer)
            counts = torch.ones_like(means[0]) if self.weights == "even" else means.amax(dim=0) + TINY
            counts[0] = 0  # in no region
            total += (means * counts)[:, layer]
            weight += counts[layer]
        return torch.where(weight > 0, total / weight.clamp(min=TINY), scores)

    def _blended(self, scores: Float[Tensor, "m h w"], *, voted: Float[Tensor, "m h w"]) -> Float[Tensor, "m h w"]:
        return voted if self.share == 1 else torch.lerp(scores, voted, self.share)


def region_means(scores: Float[Tensor, "m h w"], layer: Int64[Tensor, "h w"]) -> Float[Tensor, "m r"]:
    """Return the mean scores of every region of a layer, in float32; the first are those of pixels in none."""
    flat = layer.flatten()
    pixels = torch.bincount(flat)
    sums = scores.new_zeros(len(scores), len(pixels), dtype=torch.float64)
    sums.index_add_(1, flat, scores.flatten(start_dim=1).double())
    return (sums / pixels.clamp(min=1)).to(scores.dtype)
