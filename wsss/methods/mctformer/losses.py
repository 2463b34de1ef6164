"""Ranking pooling of MCTformer+'s patch maps, and the contrast that keeps its class tokens apart."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def ranked_mean(maps: Float[Tensor, "b c y x"], *, decay: float) -> Float[Tensor, "b c"]:
    """Return each map's mean in which the cell of rank j, the highest first, counts decay^j (Kolesnikov, ECCV 2016).

    At 1 it is the mean, towards 0 the maximum.

    >>> ranked_mean(torch.tensor([[[[1.0, 4.0]]]]), decay=0.5)
    tensor([[3.]])
    """
    cells = maps.flatten(2).float().sort(dim=2, descending=True).values
    weights = decay ** torch.arange(cells.shape[2], device=cells.device, dtype=torch.float32)
    return (cells * weights).sum(dim=2) / weights.sum()


def contrastive_loss(tokens: Sequence[Float[Tensor, "b c d"]], present: Float[Tensor, "b c"]) -> Float[Tensor, ""]:
    """Return how unlike the class tokens of each block are: each is to be most like itself among those of its image.

    It is the cross entropy of the cosines among an image's tokens, without a temperature, averaged over the classes
    that the image shows, and over blocks and images. Images without a class count, with zero.
    """
    losses = []
    for block in tokens:
        directions = functional.normalize(block.float(), dim=2)
        cosines = directions @ directions.mT
        own = torch.arange(block.shape[1], device=block.device).expand(len(block), -1)
        losses.append(functional.cross_entropy(cosines.mT, own, reduction="none"))
    each = torch.stack(losses).mean(dim=0)
    return ((each * present).sum(dim=1) / present.sum(dim=1).clamp(min=1)).mean()
