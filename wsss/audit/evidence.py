"""Maps of the evidence for a tag: the regression's weights applied to the cells of an image's last maps.

Embeddings are means of cells, so a score is the mean of its map. A small object that is there has a few high cells and
a low mean; evidence for a missing tag that lies on another class's object is that object's.
"""

from typing import Final

import numpy as np
from jaxtyping import Bool, Float

from wsss.audit.ridge import Ridge

TOP: Final = 1 / 8
"""Share of the cells, the highest ones, that judge whether a tagged object is there."""
AREA: Final = 0.5
"""Share of a map's highest value above which its cells count as its area."""


def class_maps(
    ridge: Ridge, cells: Float[np.ndarray, "b d y x"], *, errors: Float[np.ndarray, "b c"]
) -> Float[np.ndarray, "b c y x"]:
    """Return each class's map of some images, each by the regression without it; its mean is the image's score.

    `errors` are the images' tags minus their leave-one-out scores.
    """
    images, channels, height, width = cells.shape
    flat = cells.reshape(images, channels, -1).transpose(0, 2, 1)
    rows = ridge.scaling.standardised(flat.mean(axis=1))
    lengths = np.linalg.norm(rows, axis=1)
    lengths[lengths == 0] = 1.0
    moves = ridge.moves(rows / lengths[:, None])
    places = ridge.scaling.standardised(flat) / lengths[:, None, None]
    lost = (places @ moves[:, :, None]) * errors[:, None]
    maps = (places @ ridge.weights - lost + ridge.mean).transpose(0, 2, 1).astype(np.float32)
    found: Float[np.ndarray, "b c y x"] = maps.reshape(images, -1, height, width)
    return found


def thefts(maps: Float[np.ndarray, "c y x"], tagged: Bool[np.ndarray, " c"]) -> Float[np.ndarray, "c c"]:
    """Return how much of each class's evidence (rows) lies on each tagged class's: the cosine of positive parts.

    It is 0 for classes that are not tagged, and for a class with itself.
    """
    positive = np.clip(maps.reshape(len(maps), -1), 0, None).astype(np.float64)
    lengths = np.linalg.norm(positive, axis=1)
    positive /= np.where(lengths > 0, lengths, 1)[:, None]
    found: Float[np.ndarray, "c c"] = (positive @ positive.T) * tagged
    np.fill_diagonal(found, 0)
    return found


def top_cells(maps: Float[np.ndarray, "c y x"]) -> Float[np.ndarray, " c"]:
    """Return the mean of the highest eighth of each map's cells, at least one."""
    flat = np.sort(maps.reshape(len(maps), -1), axis=1)
    count = max(1, round(TOP * flat.shape[1]))
    found: Float[np.ndarray, " c"] = flat[:, -count:].mean(axis=1)
    return found


def compactness(maps: Float[np.ndarray, "c y x"]) -> Float[np.ndarray, " c"]:
    """Return the share of the image that lies outside of each map's area; 1 for a map without evidence."""
    flat = maps.reshape(len(maps), -1)
    highest = flat.max(axis=1, keepdims=True)
    found: Float[np.ndarray, " c"] = 1 - ((flat > AREA * highest) & (highest > 0)).mean(axis=1)
    return found
