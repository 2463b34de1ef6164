"""Losses that WeCLIP+ (Zhang et al., TPAMI 2025) adds: Dice, and two answers that learn from each other."""

from collections.abc import Sequence
from itertools import permutations
from typing import Final

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from wsss.labels import BACKGROUND, IGNORE
from wsss.training.module import over_all_ranks, process_count
from wsss.training.segmenter import segmentation_loss

ROUNDING: Final = 1e-7
"""Added to what is divided by, so that a label that nobody sees divides nothing by zero."""


def dice_loss(logits: Float[Tensor, "b labels h w"], labels: Int64[Tensor, "b h w"]) -> Float[Tensor, ""]:
    """Return 1 - the mean over labels of 2 sum(p t) / sum(p + t): p shares of a softmax, t 1 on the label's pixels.

    Sums are over the known pixels of the global batch. A label without a pixel counts as not overlapping at all, as in
    the authors' code: that is a constant.
    """
    known = labels != IGNORE
    target = functional.one_hot(labels.masked_fill(~known, BACKGROUND), logits.shape[1]).permute(0, 3, 1, 2)
    target = target * known[:, None]
    share = logits.float().softmax(dim=1) * known[:, None]
    both = _over_ranks((share * target).sum(dim=(0, 2, 3)))
    either = _over_ranks((share + target).sum(dim=(0, 2, 3)))
    return 1 - (2 * both / (either + ROUNDING)).mean()


def exchange_loss(answers: Sequence[Float[Tensor, "b labels h w"]]) -> Float[Tensor, ""]:
    """Return the sum of each answer's balanced cross entropy with the labels of every other one.

    What an answer learns from is without a gradient; a lone answer learns from nobody.
    """
    total = answers[0].new_zeros(())
    for logits, teacher in permutations(answers, 2):
        total = total + segmentation_loss(logits, teacher.detach().argmax(dim=1), kind="balanced")
    return total


def with_own_labels(
    labels: Int64[Tensor, "b h w"], logits: Float[Tensor, "b labels h w"], *, above: float
) -> Int64[Tensor, "b h w"]:
    """Return labels in which the pixels of whose label an answer is surer than a share have that label.

    >>> labels, logits = torch.tensor([[[0, 0]]]), torch.tensor([[[[0.0, 0.0]], [[9.0, 0.1]]]])
    >>> with_own_labels(labels, logits, above=0.75)
    tensor([[[1, 0]]])
    """
    share, own = logits.detach().softmax(dim=1).max(dim=1)
    return torch.where(share > above, own, labels)


def _over_ranks(own: Tensor) -> Tensor:
    """Return the sum over all ranks; its gradient is multiplied by the ranks since DDP averages gradients."""
    return over_all_ranks(own) + (own - own.detach()) * process_count()
