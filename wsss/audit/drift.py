"""Drift: whether the images of one split are unlike those of another, against what chance would say.

Two numbers. A classifier two-sample test: how well a regression that did not see an image tells its split, as an AUROC
beside those of shuffled splits, since leave-one-out scores of noise lie below one half. And the squared maximum mean
discrepancy (Gretton et al., JMLR 2012) with a Gaussian kernel of the median distance, against permutations.
"""

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from wsss.audit.neighbours import centred
from wsss.audit.ridge import fit

SHUFFLES: Final = 20
PERMUTATIONS: Final = 200
SAMPLE: Final = 500
"""Images of each side that the discrepancy is taken of, at most: its cost grows with their square."""
PENALTY: Final = 1.0


@final
@dataclass(frozen=True, kw_only=True)
class Drift:
    """How far two splits are apart."""

    auroc: float
    """Of telling the splits apart."""
    shuffled: tuple[float, float]
    """Mean and deviation of the same for shuffled splits."""
    mmd: float
    """Squared maximum mean discrepancy."""
    p: float
    """Share of permutations with as large a discrepancy, itself counted."""
    scores: Float[np.ndarray, " n"]
    """How much each image looks like one of the second split."""

    @property
    def deviations(self) -> float:
        """How many deviations of shuffled splits the AUROC lies above their mean."""
        mean, deviation = self.shuffled
        return (self.auroc - mean) / max(deviation, 1e-3)


def drift(embeddings: NDArray[np.floating[Any]], second: Bool[np.ndarray, " n"], *, random_seed: int = 0) -> Drift:
    """Compare the images of the `second` split with the others; both must be there."""
    draw = np.random.default_rng(random_seed)
    splits = np.stack([second, *(draw.permutation(second) for _ in range(SHUFFLES))], axis=1)
    scores = fit(embeddings, splits, penalties=(PENALTY,)).scores
    aurocs = [auroc(splits[:, k], scores[:, k]) for k in range(splits.shape[1])]
    sample = np.sort(np.concatenate([draw.permutation(np.flatnonzero(side))[:SAMPLE] for side in (second, ~second)]))
    found, p = discrepancy(centred(embeddings[sample]), second[sample], draw=draw)
    others = np.array(aurocs[1:])
    return Drift(
        auroc=aurocs[0],
        shuffled=(float(others.mean()), float(others.std(ddof=1))),
        mmd=found,
        p=p,
        scores=scores[:, 0],
    )


def auroc(positive: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"]) -> float:
    """Return the share of (positive, negative) pairs in the right order; equal ones count half.

    >>> auroc(np.array([True, False, False]), np.array([0.5, 0.5, 0.1]))
    0.75
    """
    ordered = np.sort(scores[~positive])
    below, not_above = (np.searchsorted(ordered, scores[positive], side=side) for side in ("left", "right"))
    return float((below + not_above).mean() / 2 / len(ordered))


def discrepancy(
    rows: Float[np.ndarray, "n d"], second: Bool[np.ndarray, " n"], *, draw: np.random.Generator
) -> tuple[float, float]:
    """Return the (biased) squared maximum mean discrepancy of two sides, and its p by permutations."""
    squares = (rows.astype(np.float64) ** 2).sum(axis=1)
    apart = np.clip(squares[:, None] + squares - 2 * rows.astype(np.float64) @ rows.T, 0, None)
    width = float(np.median(apart[np.triu_indices(len(rows), 1)])) or 1.0
    kernel = np.exp(-apart / width)
    sides = np.stack([second, *(draw.permutation(second) for _ in range(PERMUTATIONS))], axis=1)
    weights = np.where(sides, 1 / second.sum(), -1 / (~second).sum())
    found = ((kernel @ weights) * weights).sum(axis=0)
    return float(found[0]), float((found >= found[0] - 1e-12).mean())
