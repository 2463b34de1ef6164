"""Classes that occur together, and classes that a network recognises by another that occurs with them."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from scipy.stats import hypergeom

Tags = Bool[np.ndarray, "n c"]
"""Which image shows which class."""

FEWEST: Final = 5
"""Images that a judgement takes at least."""
CHANCE: Final = 0.01
"""Probability that any pair of classes at all passes by chance (Bonferroni's correction)."""


@dataclass(frozen=True, kw_only=True)
class Together:
    """Two classes that occur together more often than chance has it."""

    cls: int
    other: int
    images: int
    """Images that show both."""
    without: int
    """Images of the class that do not show the other one: of too few nobody can learn to tell them apart."""
    share: float
    """P(other | class)."""
    lift: float
    """n * n_cd / (n_c * n_d); 1 for classes that have nothing to do with each other."""
    p: float
    """Of Fisher's exact test, one-sided."""


@dataclass(frozen=True, kw_only=True)
class Reliance:
    """How much the probability of a class depends on whether another one is there, too."""

    cls: int
    other: int
    with_it: float
    """Mean probability on images that show both."""
    without: float
    """Mean probability on images that show the class without the other."""
    images: tuple[int, int]
    """Images with and without."""

    @property
    def bias(self) -> float:
        """Ratio of the two means (Singh et al., CVPR 2020); 1 where the other class does not matter."""
        return self.with_it / max(self.without, 1e-6)


def together(tags: Tags, *, fewest: int = FEWEST, chance: float = CHANCE) -> list[Together]:
    """Return pairs of classes with `fewest` common images whose lift is not chance, both ways, the highest lift first.

    >>> tags = np.zeros((40, 2), dtype=bool)
    >>> tags[:10] = True
    >>> [(pair.lift, pair.without) for pair in together(tags)]
    [(4.0, 0), (4.0, 0)]
    """
    both: NDArray[np.int64] = tags.astype(np.int64).T @ tags.astype(np.int64)
    counts, images, classes = np.diag(both), len(tags), tags.shape[1]
    pairs = max(classes * (classes - 1) // 2, 1)
    found = []
    for c, d in zip(*np.nonzero(both >= fewest), strict=True):
        if c == d:
            continue
        p = float(hypergeom.sf(both[c, d] - 1, images, counts[c], counts[d]))
        if p < chance / pairs:
            found.append(
                Together(
                    cls=int(c),
                    other=int(d),
                    images=int(both[c, d]),
                    without=int(counts[c] - both[c, d]),
                    share=float(both[c, d] / counts[c]),
                    lift=float(images * both[c, d] / (counts[c] * counts[d])),
                    p=p,
                )
            )
    return sorted(found, key=lambda pair: (-pair.lift, pair.cls, pair.other))


def reliances(
    tags: Tags, probabilities: Float[np.ndarray, "n c"], *, fewest: int = FEWEST, share: float = 0.1
) -> list[Reliance]:
    """Return how every class depends on every other that is there on `share` of its images, the most biased first.

    Pairs with fewer than `fewest` images on either side are left out: exclusive against co-occurring images.
    """
    found = []
    for c in range(tags.shape[1]):
        own = tags[:, c]
        for d in np.flatnonzero(np.arange(tags.shape[1]) != c):
            with_it, without = own & tags[:, d], own & ~tags[:, d]
            sides = int(with_it.sum()), int(without.sum())
            if min(sides) >= fewest and sides[0] >= share * own.sum():
                means = (_mean(probabilities[side, c]) for side in (with_it, without))
                found.append(Reliance(cls=c, other=int(d), with_it=next(means), without=next(means), images=sides))
    return sorted(found, key=lambda each: (-each.bias, each.cls, each.other))


def _mean(values: NDArray[np.floating[Any]]) -> float:
    return float(values.astype(np.float64).mean())
