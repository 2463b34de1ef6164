"""Nearest images by their embeddings: who lies beside whom, what they carry, and who lies beside nobody."""

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from jaxtyping import Bool, Float, Int64
from numpy.typing import NDArray

NEAREST: Final = 12
"""Neighbours that are found of every image: ten that count, and room for twins, which do not."""
COUNTED: Final = 10
ROUNDING: Final = 1e-5
"""An embedding that differs from the mean by at most this share of the mean's length differs by rounding alone."""
BLOCK: Final = 4096
"""Images that are compared with as many at once."""


@final
@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The nearest other images of each image, the nearest first; fewer than `NEAREST` where there are fewer."""

    index: Int64[np.ndarray, "n k"]
    cosine: Float[np.ndarray, "n k"]
    """Of centred embeddings."""


def centred(embeddings: NDArray[np.floating[Any]]) -> Float[np.ndarray, "n d"]:
    """Return embeddings minus their mean, of unit length, in float32.

    The mean is what all photographs share: without it, unrelated images are further apart. It stays where all images
    are copies of one: only rounding would be left of them.
    """
    mean = embeddings.mean(axis=0, dtype=np.float64).astype(np.float32)
    rows: Float[np.ndarray, "n d"] = embeddings.astype(np.float32)
    rows -= mean
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if lengths.max(initial=0) <= ROUNDING * np.linalg.norm(mean):
        rows = embeddings.astype(np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(lengths > 0, lengths, 1)
    return rows


def nearest(rows: Float[np.ndarray, "n d"], *, count: int = NEAREST, block: int = BLOCK) -> Neighbours:
    """Find each row's nearest others by cosine, exactly, in blocks; of equal ones the first.

    >>> rows = centred(np.array([[1.0, 0.0], [1.0, 0.1], [-1.0, 0.0]]))
    >>> nearest(rows, count=1).index.tolist()
    [[1], [0], [0]]
    """
    images = len(rows)
    count = min(count, images - 1)
    index = np.zeros((images, count), dtype=np.int64)
    cosine = np.full((images, count), -np.inf, dtype=np.float32)
    for first in range(0, images, block):
        own = slice(first, min(first + block, images))
        for other in range(0, images, block):
            found = rows[own] @ rows[other : other + block].T
            if other == first:
                np.fill_diagonal(found, -np.inf)
            best = _largest(found, count)
            near = np.hstack([cosine[own], np.take_along_axis(found, best, axis=1)])
            known = np.hstack([index[own], best + other])
            best = np.argsort(-near, axis=1, kind="stable")[:, :count]
            cosine[own], index[own] = np.take_along_axis(near, best, axis=1), np.take_along_axis(known, best, axis=1)
    return Neighbours(index=index, cosine=cosine)


def _largest(values: Float[np.ndarray, "n m"], count: int) -> Int64[np.ndarray, "n k"]:
    """Return the places of each row's largest values, at most `count`, the largest first."""
    if count >= values.shape[1]:
        chosen = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    else:
        chosen = np.sort(np.argpartition(-values, count - 1, axis=1)[:, :count], axis=1)
    order = np.argsort(-np.take_along_axis(values, chosen, axis=1), axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1).astype(np.int64)


def shares(
    neighbours: Neighbours, tags: Bool[np.ndarray, "n c"], *, group: Int64[np.ndarray, " n"]
) -> Float[np.ndarray, "n c"]:
    """Return the share of each image's ten nearest that carry each tag, weighted by cosine.

    Images of its own `group`, its twins, do not count; an image with no other near it gets the share of all images.
    """
    allowed = group[neighbours.index] != group[:, None]
    counted = allowed & (allowed.cumsum(axis=1) <= COUNTED)
    weights = np.where(counted, np.clip(neighbours.cosine, 0, None), 0.0)
    total = weights.sum(axis=1)
    found = np.empty(tags.shape)
    for c in range(tags.shape[1]):
        found[:, c] = (weights * tags[neighbours.index, c]).sum(axis=1)
    return np.where(total[:, None] > 0, found / np.where(total > 0, total, 1)[:, None], tags.mean(axis=0))


def distances(neighbours: Neighbours) -> Float[np.ndarray, " n"]:
    """Return each image's mean distance (1 - cosine) to its ten nearest: large for an outlier."""
    near = neighbours.cosine[:, :COUNTED]
    return 1 - near.mean(axis=1) if near.shape[1] else np.zeros(len(near))
