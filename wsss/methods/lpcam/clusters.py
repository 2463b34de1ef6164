"""Prototypes out of the vectors of many cells: k-means, and which clusters the classifier takes for the class."""

from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from wsss.cams.kmeans import cluster

DECIMALS: Final = 5
"""To which directions are equal: rounding of a network neither parts nor orders them."""


def centres(cells: Float[Tensor, "n d"], *, count: int, random_seed: int) -> Float[Tensor, "k d"]:
    """Return the mean of each cluster of cells that look the same way; at most `count`, none of no cells.

    k-means on directions, as the authors' is by cosine; means are of the cells as they are.
    """
    if not len(cells):
        return cells
    directions = functional.normalize(cells, dim=1).double().numpy().round(DECIMALS)
    points, own, counts = np.unique(directions, axis=0, return_inverse=True, return_counts=True)
    groups = cluster(points, counts=counts, groups=count, random_seed=random_seed)[own.ravel()]
    return torch.stack([cells[torch.from_numpy(groups == group)].mean(dim=0) for group in np.unique(groups)])


def parts(share: Float[Tensor, " k"], *, least: float) -> Bool[Tensor, " k"]:
    """Return which clusters inside of a class's maps are its parts; at least that with the largest share.

    >>> parts(torch.tensor([0.2, 0.95, 0.8]), least=0.9), parts(torch.tensor([0.2, 0.8]), least=0.9)
    (tensor([False,  True, False]), tensor([False,  True]))
    """
    return (share > least) | (share == share.max())


def surroundings(share: Float[Tensor, " q"], *, least: float, below: float) -> Bool[Tensor, " q"]:
    """Return which clusters outside of a class's maps are what surrounds it.

    >>> surroundings(torch.tensor([0.01, 0.3, 0.95]), least=0.05, below=0.9)
    tensor([False,  True, False])
    """
    return (share > least) & (share < below)


def share_of(centres: Float[Tensor, "k d"], *, weight: Float[Tensor, "c d"], cls: int) -> Float[Tensor, " k"]:
    """Return a class's share of the softmax of what the classifier says of each centre."""
    return (centres @ weight.T).softmax(dim=1)[:, cls]
