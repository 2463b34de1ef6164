"""Clusters of a network's cells: kinds of background, such as water or rails, that nobody has named."""

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from jaxtyping import Bool, Float, Int64
from numpy.typing import NDArray
from scipy.stats import hypergeom
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

GROUPS: Final = 32
DIMENSIONS: Final = 64
"""Of the principal components in which cells are compared."""
FEWEST: Final = 20
"""Cells that a cluster has on average at least; of few cells there are fewer clusters."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class CellClusters:
    """Centres of k-means in principal components of centred cells."""

    pca: Any
    kmeans: Any

    @classmethod
    def of(cls, cells: Float[np.ndarray, "m d"], *, random_seed: int = 0) -> "CellClusters":
        """Fit scikit-learn's principal components and k-means to two cells or more; equal cells give equal clusters."""
        pca = PCA(min(DIMENSIONS, *cells.shape), random_state=random_seed).fit(cells)
        groups = max(1, min(GROUPS, len(cells) // FEWEST))
        kmeans = KMeans(groups, n_init=2, random_state=random_seed).fit(pca.transform(cells))
        return cls(pca=pca, kmeans=kmeans)

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return int(self.kmeans.n_clusters)

    def assign(self, cells: Float[np.ndarray, "m d"]) -> Int64[np.ndarray, " m"]:
        """Return the cluster of every cell."""
        return np.asarray(self.kmeans.predict(self.pca.transform(cells)), dtype=np.int64)

    def nearest(self, cells: Float[np.ndarray, "m d"], cluster: int) -> Int64[np.ndarray, " m"]:
        """Return the places of the cells, those nearest to the centre of a cluster first."""
        apart = self.pca.transform(cells) - self.kmeans.cluster_centers_[cluster]
        return np.asarray(np.argsort((apart**2).sum(axis=1), kind="stable"), dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class Companion:
    """How a cluster goes with a class."""

    cls: int
    cluster: int
    images: int
    """Images of the class that have it."""
    share: float
    """P(cluster | class)."""
    lift: float
    """P(cluster | class) / P(cluster); 1 for what has nothing to do with the class."""
    p: float
    """Of Fisher's exact test, one-sided."""


def companions(present: Bool[np.ndarray, "n k"], tags: Bool[np.ndarray, "n c"]) -> list[Companion]:
    """Return every class with every cluster that one of its images has, class by class, the highest lift first."""
    images = len(tags)
    both: NDArray[np.int64] = tags.astype(np.int64).T @ present.astype(np.int64)
    of_class, of_cluster = tags.sum(axis=0), present.sum(axis=0)
    found = [
        Companion(
            cls=int(c),
            cluster=int(k),
            images=int(both[c, k]),
            share=float(both[c, k] / of_class[c]),
            lift=float(images * both[c, k] / (of_class[c] * of_cluster[k])),
            p=float(hypergeom.sf(both[c, k] - 1, images, of_class[c], of_cluster[k])),
        )
        for c, k in zip(*np.nonzero(both), strict=True)
    ]
    return sorted(found, key=lambda each: (each.cls, -each.lift, each.cluster))


def bias(energy: float, lift: float) -> float:
    """Return the share of a class's map that lies on a cluster times log2 of the lift: 0 for what is everywhere.

    >>> bias(0.5, 4.0)
    1.0
    """
    return energy * float(np.log2(max(lift, 1.0)))
