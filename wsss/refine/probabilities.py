"""Maps of classes from a segmentation network's probabilities, for refiners that expect them of CAMs."""

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.views.base import over_peak


def class_maps(scores: Float[Tensor, "n y x"]) -> Float[Tensor, "n-1 y x"]:
    """Return every class's probability, given that one of these rows is true, divided by its maximum in the image.

    Row 0 is the background, which is left out of the result. Rows may have been weighted, or be a selection.
    """
    total = scores.sum(dim=0).clamp(min=torch.finfo(scores.dtype).tiny)
    return over_peak(scores[1:] / total)
