"""Confusion matrices of single images, kept sparse: scores of any choice of images follow without reading a mask.

A row an image, a column a cell of its matrix (truth times labels plus prediction): an image shows few labels, so most
cells are empty.
"""

from collections.abc import Iterable

import numpy as np
import scipy
from jaxtyping import Float, Int


def sparse_rows(matrices: Iterable[Int[np.ndarray, "labels labels"]], *, labels: int) -> "scipy.sparse.csr_array":
    """Return matrices of images as rows `[images labels*labels]` of int64, in their order.

    >>> sparse_rows([np.array([[3, 0], [1, 0]])], labels=2).toarray()
    array([[3, 0, 1, 0]])
    """
    pointers, cells, pixels = [0], list[Int[np.ndarray, " n"]](), list[Int[np.ndarray, " n"]]()
    for matrix in matrices:
        flat = matrix.reshape(-1)
        (occupied,) = np.nonzero(flat)
        cells.append(occupied)
        pixels.append(flat[occupied])
        pointers.append(pointers[-1] + len(occupied))
    nothing = np.zeros(0, dtype=np.int64)
    data = (np.concatenate([nothing, *pixels]), np.concatenate([nothing, *cells]), np.array(pointers))
    return scipy.sparse.csr_array(data, shape=(len(pointers) - 1, labels**2))


def miou_of_rows(counts: Int[np.ndarray, "rows cells"]) -> Float[np.ndarray, " rows"]:
    """Return the mIoU of every row, a flat confusion matrix; nan where no label occurs.

    It is `SegmentationScores.miou`, for many matrices at once.

    >>> miou_of_rows(np.array([[3, 1, 0, 1], [4, 0, 0, 0]]))
    array([0.625, 1.   ])
    """
    labels = round(counts.shape[1] ** 0.5)
    matrices = counts.reshape(-1, labels, labels).astype(np.float64)
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    union = matrices.sum(axis=1) + matrices.sum(axis=2) - hits
    occurs = union > 0
    iou = np.divide(hits, union, out=np.zeros_like(union), where=occurs)
    found = occurs.sum(axis=1)
    return np.where(found > 0, iou.sum(axis=1) / np.maximum(found, 1), np.nan)
