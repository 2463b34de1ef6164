"""Scores that need no true mask: what masks and tags say of the same images, and two maps of one class."""

from collections.abc import Iterable, Set as AbstractSet

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.resample import resample


def tag_f1(pairs: Iterable[tuple[AbstractSet[int], AbstractSet[int]]]) -> float | None:
    """Return the F1 of the classes that masks show against those that images are tagged with, over all pairs together.

    None where nothing is shown and nothing tagged.

    >>> tag_f1([({0, 1}, {0}), (set(), {1})])
    0.5
    """
    both = either = 0
    for shown, tagged in pairs:
        both += 2 * len(shown & tagged)
        either += len(shown) + len(tagged)
    return both / either if either else None


def soft_iou(first: Float[Tensor, "k y x"], second: Float[Tensor, "k p q"]) -> list[float]:
    """Return of every map the sum of the smaller values over the sum of the larger ones (Ruzicka's similarity).

    Maps of a coarser grid are brought to the other one, bilinear. Values are not negative; maps that are both 0
    everywhere are left out.
    """
    if first.shape[1] * first.shape[2] < second.shape[1] * second.shape[2]:
        first, second = second, first
    size = (first.shape[1], first.shape[2])
    stride = (size[0] / second.shape[1], size[1] / second.shape[2])
    second = resample(second.float(), stride=stride, size=size)
    smaller = torch.minimum(first.float(), second).sum(dim=(1, 2))
    larger = torch.maximum(first.float(), second).sum(dim=(1, 2))
    return [(a / b).item() for a, b in zip(smaller, larger, strict=True) if b > 0]
