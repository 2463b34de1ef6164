"""Peaks of maps, restored after a refiner has lowered them."""

from typing import Final

from jaxtyping import Float
from torch import Tensor

from wsss.types import ScoreMaps

TINY: Final = 1e-8


def with_peaks_of(before: ScoreMaps, scores: Float[Tensor, "m y x"]) -> Float[Tensor, "m y x"]:
    """Multiply every class's scores so that the highest is again what it was; the background's row is left as it is.

    A threshold that was right for the maps before is then right for these.

    >>> import torch
    >>> from wsss.types import Size
    >>> maps = ScoreMaps(labels=torch.tensor([3]), scores=torch.tensor([[[0.8, 0.2]]]), size=Size(height=1, width=2))
    >>> with_peaks_of(maps, torch.tensor([[[0.4, 0.1]]]))
    tensor([[[0.8000, 0.2000]]])
    """
    factors = before.scores.amax(dim=(1, 2)) / scores.amax(dim=(1, 2)).clamp(min=TINY)
    if before.has_background:
        factors[0] = 1
    return scores * factors[:, None, None]
