"""Localisation of an object whose mask is known: the pointing game, the energy in the mask, and PxAP."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

TOLERANCE: Final = 15.0
"""Pixels from the object that still count as a hit."""
THRESHOLDS: Final = 1000
"""Of PxAP: 0, 0.001 .. 0.999, and 1."""


def pointing_hit(heat: Float[Tensor, "h w"], target: Bool[Tensor, "h w"], *, tolerance: float = TOLERANCE) -> bool:
    """Return whether the map's brightest pixel lies on the object, or nearer to it than `tolerance` pixels.

    Zhang et al., IJCV 2018, as in TorchRay: the metric is the share of hits of each class, averaged over the classes;
    higher is better. The first of equally bright pixels counts. A constant map points nowhere, which is a miss.

    >>> heat, target = torch.tensor([[0.1, 0.9]]), torch.tensor([[True, False]])
    >>> pointing_hit(heat, target, tolerance=1), pointing_hit(heat, target)
    (False, True)
    """
    if float(heat.max()) == float(heat.min()):
        return False
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    down = torch.arange(heat.shape[0], device=heat.device)[:, None] - row
    across = torch.arange(heat.shape[1], device=heat.device) - column
    near = down.square() + across.square() < max(tolerance, 1.0) ** 2
    return bool((near & target).any())


def energy_inside(
    heat: Float[Tensor, "h w"], target: Bool[Tensor, "h w"], *, counted: Bool[Tensor, "h w"] | None = None
) -> float:
    """Return the share of the map's sum that lies on the object, in [0, 1]; higher is better.

    Score-CAM's energy-based pointing game (Wang et al., CVPRW 2020), over the object's mask where the paper has its
    boxes: give boxes as `target` for those. Pixels that are not `counted` are left out; 0 for an empty map.

    >>> energy_inside(torch.tensor([[0.25, 0.75]]), torch.tensor([[False, True]]))
    0.75
    """
    # On the CPU: not every device has float64.
    energy = heat.cpu().double() if counted is None else heat.cpu().double() * counted.cpu()
    total = float(energy.sum())
    return float(energy[target.cpu()].sum()) / total if total > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class PixelCurve:
    """How many pixels of objects, and beside them, have each value: counts of several images can be added.

    >>> heat, target = torch.tensor([[0.1, 0.9, 0.5]]), torch.tensor([[False, True, True]])
    >>> PixelCurve.of(heat, target).pxap  # every pixel of the object is brighter than the rest
    1.0
    """

    beside: Int64[Tensor, " bins"]
    inside: Int64[Tensor, " bins"]

    @classmethod
    def of(
        cls, heat: Float[Tensor, "h w"], target: Bool[Tensor, "h w"], *, counted: Bool[Tensor, "h w"] | None = None
    ) -> "PixelCurve":
        """Count the pixels of one map in [0, 1]; those that are not `counted` are left out."""
        edges = torch.arange(1, THRESHOLDS + 1, dtype=torch.float64) / THRESHOLDS
        bins = torch.bucketize(heat.cpu().double(), edges, right=True)
        target = target.cpu()
        kept = torch.ones_like(target) if counted is None else counted.cpu()
        beside, inside = (torch.bincount(bins[kept & side], minlength=THRESHOLDS + 1) for side in (~target, target))
        return cls(beside=beside, inside=inside)

    def __add__(self, other: "PixelCurve") -> "PixelCurve":
        return PixelCurve(beside=self.beside + other.beside, inside=self.inside + other.inside)

    @property
    def pxap(self) -> float:
        """Area under the pixels' precision over recall, in [0, 1]; higher is better (Choe et al., CVPR 2020).

        Thresholds are those of the authors' code, pixels of all images are pooled, and each step of recall counts with
        the precision at its end; nan where no pixel shows the object.
        """
        hits, wrong = (side.flip(0).cumsum(0).double() for side in (self.inside, self.beside))
        if float(hits[-1]) == 0:
            return float("nan")
        recall = torch.cat([hits.new_zeros(1), hits / hits[-1]])
        precision = hits / (hits + wrong).clamp(min=1)
        return float((recall.diff() * precision).sum())
