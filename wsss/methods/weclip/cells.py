"""Affinity of cells: by the decoder's features, by labels, and by the attention of CLIP's blocks."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from wsss.labels import IGNORE
from wsss.training.segmenter import mean_over_ranks

Pairs = Float[Tensor, "b z z"]
"""For each image a number of every pair of cells, which are counted row by row."""
ROUNDING = 1e-6
"""Numbers that differ by a smaller share than this are equal but for rounding."""


def cell_affinity(features: Float[Tensor, "b d y x"]) -> Pairs:
    """Return sigmoid(f_i . f_j) of every pair of cells."""
    cells = features.flatten(2).float()
    return torch.sigmoid(cells.mT @ cells)


def near(grid: Sequence[int], *, radius: int, device: torch.device) -> Bool[Tensor, "z z"]:
    """Return which cells lie within so many rows and columns of each other.

    >>> near((1, 3), radius=1, device=torch.device("cpu")).int()
    tensor([[1, 1, 0],
            [1, 1, 1],
            [0, 1, 1]], dtype=torch.int32)
    """
    height, width = grid
    cells = torch.arange(height * width, device=device)
    rows, columns = cells // width, cells % width
    far = torch.maximum((rows[:, None] - rows).abs(), (columns[:, None] - columns).abs())
    return far <= radius


def affinity_loss(affinity: Pairs, labels: Int64[Tensor, "b y x"], *, radius: int) -> Float[Tensor, ""]:
    """Return half the mean of 1 - a over near pairs of one label, and half that of a over near pairs of two.

    Cells of 255 make no pair. Means are over the pairs of all ranks; the authors divide by one pair more.
    """
    cells = labels.flatten(1)
    known = (cells != IGNORE)[:, :, None] & (cells != IGNORE)[:, None]
    known = known & near(labels.shape[1:], radius=radius, device=labels.device)
    same = cells[:, :, None] == cells[:, None]
    return (mean_over_ranks(1 - affinity, known & same) + mean_over_ranks(affinity, known & ~same)) / 2


def refined_attention(attentions: Sequence[Pairs], affinity: Pairs) -> Pairs:
    """Return the mean of the blocks that agree best with the affinity, times it: WeCLIP's RFM.

    A block is kept where the sum of affinity - attention is not above the mean over blocks: those that attend to
    patches rather than to the class token.
    """
    stack = torch.stack([attention.float() for attention in attentions], dim=1)
    lead = (affinity[:, None] - stack).sum(dim=(2, 3))
    mean = lead.mean(dim=1, keepdim=True)
    kept = (lead <= mean + ROUNDING * mean.abs())[:, :, None, None]
    return (stack * kept).sum(dim=1) / kept.sum(dim=1) * affinity
