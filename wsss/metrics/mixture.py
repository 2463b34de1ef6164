"""Slices without names: an error-aware mixture over embeddings (Domino, Eyuboglu et al., ICLR 2022).

Each component is a Gaussian over embeddings, with a variance for each dimension, and a probability of being wrong,
whose weight makes components coherent in their errors. The authors have the likelihood of classes and predictions in
place of one bit. Whether a component is worse than chance is asked of the same mixture on shuffled errors, since it
finds groups where there are none, too; the authors do not ask.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int64
from numpy.typing import NDArray
from sklearn.cluster import kmeans_plusplus

DIMENSIONS: Final = 32
"""Of the principal components that embeddings are reduced to."""
GROUPS: Final = 10
WEIGHT: Final = 10.0
"""Of the errors' likelihood against that of the embeddings; the authors' default."""
RESTARTS: Final = 5
STEPS: Final = 40
SHUFFLES: Final = 19
"""A group must be worse than the worst of so many mixtures of shuffled errors: one in twenty passes by chance."""
FEWEST: Final = 10
SMALLEST: Final = 1e-4
"""Variance of a dimension at least, as a share of its variance over all images."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """Images that belong together and err more than chance has it; the surest members first."""

    members: Int64[np.ndarray, " m"]
    error: float
    rest: float
    strength: float
    """Standard errors by which its mean error exceeds that of all images."""
    chance: float
    """The most of it that shuffled errors reach."""


def error_groups(
    embeddings: Float[np.ndarray, "n d"], errors: Float[np.ndarray, " n"], *, random_seed: int = 0
) -> list[Group]:
    """Return groups of images on which the model errs more than the worst group of shuffled errors, the worst first."""
    rng = np.random.default_rng(random_seed)
    points = reduced(embeddings)
    groups = min(GROUPS, len(points) // (2 * FEWEST))
    if groups < 2:
        return []
    wrong = errors > np.median(errors)

    def shares(bad: Bool[np.ndarray, " n"]) -> Float[np.ndarray, "n k"]:
        return fit(points, bad, groups=groups, rng=rng)

    def worst(values: Float[np.ndarray, " n"], share: Float[np.ndarray, "n k"]) -> float:
        found = [_strength(values, rows) for rows in _members(share) if len(rows) >= FEWEST]
        return max(found, default=0.0)

    own = shares(wrong)
    orders = [rng.permutation(len(errors)) for _ in range(SHUFFLES)]
    chance = max(worst(errors[order], shares(wrong[order])) for order in orders)
    kept = [
        Group(
            members=rows,
            error=float(errors[rows].mean()),
            rest=float(np.delete(errors, rows).mean()),
            strength=_strength(errors, rows),
            chance=chance,
        )
        for rows in _members(own)
        if FEWEST <= len(rows) < len(errors) and _strength(errors, rows) > chance
    ]
    return sorted(kept, key=lambda group: -group.strength)


def reduced(embeddings: Float[np.ndarray, "n d"], *, dimensions: int = DIMENSIONS) -> Float[np.ndarray, "n k"]:
    """Return the first principal components of centred embeddings, with unit variance of the first one."""
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    kept = left[:, :dimensions] * lengths[:dimensions]
    scale = float(kept[:, 0].std()) if kept.size else 0.0
    return np.asarray(kept / scale if scale > 0 else kept)


def fit(
    points: Float[np.ndarray, "n d"],
    wrong: Bool[np.ndarray, " n"],
    *,
    groups: int,
    rng: np.random.Generator,
    weight: float = WEIGHT,
) -> Float[np.ndarray, "n k"]:
    """Return the share of every image in every group, by the likeliest of some expectation-maximisations."""
    starts = [_climb(points, wrong, start=_start(points, groups, rng), weight=weight) for _ in range(RESTARTS)]
    return max(starts, key=lambda end: end[1])[0]


def _start(points: Float[np.ndarray, "n d"], groups: int, rng: np.random.Generator) -> Float[np.ndarray, "n k"]:
    """Give each image to the nearest of some images that lie apart (k-means++)."""
    centres, _ = kmeans_plusplus(points, groups, random_state=int(rng.integers(2**31)))
    nearest = ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    return np.asarray(np.eye(groups)[nearest])


def _climb(
    points: Float[np.ndarray, "n d"],
    wrong: Bool[np.ndarray, " n"],
    *,
    start: Float[np.ndarray, "n k"],
    weight: float,
) -> tuple[NDArray[np.float64], float]:
    share, likelihood = start, -np.inf
    least = SMALLEST * points.var(axis=0) + 1e-12
    for _ in range(STEPS):
        sizes = share.sum(axis=0) + 1e-9
        means = share.T @ points / sizes[:, None]
        variances = share.T @ points**2 / sizes[:, None] - means**2
        variances = np.maximum(variances, least)
        rate = ((share.T @ wrong + 1) / (sizes + 2)).clip(1e-6, 1 - 1e-6)
        density = -0.5 * (
            points**2 @ (1 / variances).T
            - 2 * points @ (means / variances).T
            + (means**2 / variances + np.log(2 * np.pi * variances)).sum(axis=1)
        )
        bits = np.where(wrong[:, None], np.log(rate), np.log1p(-rate))
        joint = np.log(sizes / sizes.sum()) + density + weight * bits
        top = joint.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(joint - top).sum(axis=1))
        share, before, likelihood = np.exp(joint - total[:, None]), likelihood, float(total.mean())
        if likelihood - before < 1e-5:
            break
    return share, likelihood


def _members(share: Float[np.ndarray, "n k"]) -> list[NDArray[np.int64]]:
    owner = share.argmax(axis=1)
    groups = [np.flatnonzero(owner == k) for k in range(share.shape[1])]
    return [rows[np.argsort(-share[rows, k], kind="stable")] for k, rows in enumerate(groups)]


def _strength(errors: Float[np.ndarray, " n"], rows: Int64[np.ndarray, " m"]) -> float:
    spread = float(errors.std())
    return float((errors[rows].mean() - errors.mean()) * np.sqrt(len(rows)) / spread) if spread > 0 else 0.0
