"""Groups of images that belong together, from pairs of them."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Int64


def grouped(pairs: Iterable[tuple[int, int]], *, count: int) -> Int64[np.ndarray, " n"]:
    """Return each image's group, named by its first image (union-find).

    >>> grouped([(3, 1), (1, 2)], count=5).tolist()
    [0, 1, 1, 1, 4]
    """
    parent = list(range(count))

    def root(image: int) -> int:
        while parent[image] != image:
            parent[image] = parent[parent[image]]
            image = parent[image]
        return image

    for a, b in pairs:
        first, last = sorted((root(a), root(b)))
        parent[last] = first
    return np.array([root(image) for image in range(count)], dtype=np.int64)


def members(group: Int64[np.ndarray, " n"]) -> list[tuple[int, ...]]:
    """Return the images of every group of several, in order.

    >>> members(np.array([0, 1, 1, 1, 4]))
    [(1, 2, 3)]
    """
    found: dict[int, list[int]] = {}
    for image, name in enumerate(group.tolist()):
        found.setdefault(name, []).append(image)
    return [tuple(own) for own in found.values() if len(own) > 1]
