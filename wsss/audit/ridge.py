"""Ridge regression of tags on embeddings, with exact leave-one-out scores: every image is judged by the others.

With rows `x` (channels standardised over all images, then of unit length), `P = (X'X + lambda I)^-1`, `H = X P X'` and
residuals `e = R - H R` of the centred tags R, an image i that is left out is scored `T_i - e_i / (1 - h_ii)`. Images
that are nearly the same vouch for each other: a group g of them is left out as a whole, `T_g - (I - H_gg)^-1 e_g`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from wsss.metrics.ranking import mean_average_precision

LAMBDAS: Final = (0.1, 0.3, 1.0, 3.0)
"""Weights of the penalty, of which the one with the best leave-one-out mAP is taken."""
BLOCK: Final = 4096
"""Images that are in memory in double precision at once."""

Embeddings = NDArray[np.floating[Any]]
"""One row an image, of whatever precision: `[n d]`."""


@final
@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How embeddings become rows of the regression."""

    mean: Float[np.ndarray, " d"]
    deviation: Float[np.ndarray, " d"]

    @classmethod
    def of(cls, embeddings: Embeddings) -> "Scaling":
        """Take mean and deviation of every channel; a channel that never changes stays zero."""
        count = len(embeddings)
        mean = sum((block.sum(axis=0) for block in _blocks(embeddings)), np.zeros(embeddings.shape[1])) / count
        squares = sum((((block - mean) ** 2).sum(axis=0) for block in _blocks(embeddings)), np.zeros_like(mean))
        deviation = np.sqrt(squares / count)
        return cls(mean=mean, deviation=np.where(deviation > 1e-6, deviation, np.inf))

    def standardised(self, features: Float[np.ndarray, "*n d"]) -> Float[np.ndarray, "*n d"]:
        """Return features with channels of mean 0 and deviation 1."""
        rows: Float[np.ndarray, "*n d"] = (features.astype(np.float64) - self.mean) / self.deviation
        return rows

    def lengths(self, embeddings: Embeddings) -> Float[np.ndarray, " n"]:
        """Return the lengths by which standardised embeddings are divided."""
        lengths = np.concatenate([np.linalg.norm(self.standardised(each), axis=1) for each in _blocks(embeddings)])
        return np.where(lengths > 0, lengths, 1.0)

    def rows(self, embeddings: Embeddings) -> Float[np.ndarray, "n d"]:
        """Return standardised embeddings of unit length."""
        rows = self.standardised(embeddings)
        rows /= self.lengths(embeddings)[:, None]
        return rows


@final
@dataclass(frozen=True, kw_only=True)
class Ridge:
    """A regression of all tags at once, with the scores of images that were left out of it."""

    scaling: Scaling
    penalty: float
    """The lambda that was taken."""
    weights: Float[np.ndarray, "d c"]
    """Of the regression on all images."""
    mean: Float[np.ndarray, " c"]
    """Share of images with each tag, which every score starts from."""
    scores: Float[np.ndarray, "n c"]
    """Leave-one-out scores; they are like probabilities, but may lie a little outside of [0, 1]."""
    vectors: Float[np.ndarray, "d d"]
    """Eigenvectors of X'X, as columns."""
    shrunk: Float[np.ndarray, " d"]
    """Eigenvalues of P."""

    def moves(self, rows: Float[np.ndarray, "g d"]) -> Float[np.ndarray, "g d"]:
        """Return `P x` of some rows: what the weights lose without images, times `T - scores` of theirs.

        `scores` are those without them, so that `T - scores = (I - H_gg)^-1 e_g`.
        """
        moved: Float[np.ndarray, "g d"] = ((rows @ self.vectors) * self.shrunk) @ self.vectors.T
        return moved


def fit(
    embeddings: Embeddings,
    tags: Bool[np.ndarray, "n c"],
    *,
    groups: Sequence[Sequence[int]] = (),
    penalties: Sequence[float] = LAMBDAS,
) -> Ridge:
    """Regress tags on embeddings; images of one of the `groups` are left out together.

    Memory is bounded: rows are made in blocks of `BLOCK`. Of penalties that are equally good the largest is taken.
    """
    scaling = Scaling.of(embeddings)
    mean = tags.mean(axis=0)
    channels = embeddings.shape[1]
    gram, moments = np.zeros((channels, channels)), np.zeros((channels, tags.shape[1]))
    for block, part in _rows(scaling, embeddings):
        gram += block.T @ block
        moments += block.T @ (tags[part] - mean)
    values, vectors = np.linalg.eigh(gram)
    turned = vectors.T @ moments
    every = np.stack([1 / (np.clip(values, 0, None) + penalty) for penalty in penalties])
    scores = _left_out(embeddings, tags, scaling=scaling, vectors=vectors, turned=turned, shrunk=every, groups=groups)
    precisions = [_quality(tags, each) for each in scores]
    best = max(range(len(penalties)), key=lambda place: (precisions[place], penalties[place]))
    return Ridge(
        scaling=scaling,
        penalty=penalties[best],
        weights=vectors @ (every[best][:, None] * turned),
        mean=mean,
        scores=scores[best],
        vectors=vectors,
        shrunk=every[best],
    )


def _left_out(
    embeddings: Embeddings,
    tags: Bool[np.ndarray, "n c"],
    *,
    scaling: Scaling,
    vectors: Float[np.ndarray, "d d"],
    turned: Float[np.ndarray, "d c"],
    shrunk: Float[np.ndarray, "l d"],
    groups: Sequence[Sequence[int]],
) -> Float[np.ndarray, "l n c"]:
    """Return the leave-one-out scores for every lambda."""
    mean = tags.mean(axis=0)
    scores = np.empty((len(shrunk), *tags.shape))
    for block, part in _rows(scaling, embeddings):
        rows, residuals = block @ vectors, tags[part] - mean
        for place, each in enumerate(shrunk):
            errors = residuals - rows @ (each[:, None] * turned)
            leverage = (rows**2) @ each
            scores[place][part] = tags[part] - errors / (1 - leverage)[:, None]
    for group in groups:
        own = list(group)
        rows, residuals = scaling.rows(embeddings[own]) @ vectors, tags[own] - mean
        for place, each in enumerate(shrunk):
            errors = residuals - rows @ (each[:, None] * turned)
            inner = np.eye(len(own)) - (rows * each) @ rows.T
            scores[place][own] = tags[own] - np.linalg.solve(inner, errors)
    return scores


def _quality(tags: Bool[np.ndarray, "n c"], scores: Float[np.ndarray, "n c"]) -> float:
    """Return the mAP, or 0 where no class has an image with it and one without."""
    found = mean_average_precision(tags, scores)
    return 0.0 if np.isnan(found) else found


def _blocks(embeddings: Embeddings) -> Iterator[Float[np.ndarray, "b d"]]:
    for first in range(0, len(embeddings), BLOCK):
        yield embeddings[first : first + BLOCK].astype(np.float64)


def _rows(scaling: Scaling, embeddings: Embeddings) -> Iterator[tuple[Float[np.ndarray, "b d"], slice]]:
    """Yield the rows of the regression block by block, with the images that they are of."""
    for first in range(0, len(embeddings), BLOCK):
        part = slice(first, first + BLOCK)
        yield scaling.rows(embeddings[part]), part
