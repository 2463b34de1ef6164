"""The file in which an evaluation keeps the confusion matrix of every image, by stage and split."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy

from wsss.store import arrays
from wsss.store.store import ITEMS, Artifact
from wsss.store.texts import whole

FILE: Final = "image_confusions.npz"
PARTS: Final = {"pointers": "indptr", "cells": "indices", "pixels": "data"}
"""Arrays of int64, and where SciPy has them."""
MOST_CELLS: Final = 2**26
"""Occupied cells of all images: half a gigabyte."""


def confusions_key(stage: str, split: str) -> str:
    """Return the name of what belongs to a stage and a split."""
    return f"{stage}/{split}"


def write_image_confusions(path: Path, rows: Mapping[str, "scipy.sparse.csr_array"]) -> None:
    """Write rows of `wsss.metrics.image_confusions` by their keys; bytes depend on these alone."""
    flat: dict[str, Any] = {
        f"{key}/{name}": getattr(matrix, attribute).astype(np.int64)
        for key, matrix in rows.items()
        for name, attribute in PARTS.items()
    }
    with whole(path) as hidden, hidden.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **flat)


def read_image_confusions(artifact: Artifact, key: str, *, images: int, labels: int) -> "scipy.sparse.csr_array":
    """Read the rows `[images labels*labels]` of a complete evaluation; raises `StoreError` where they are torn."""
    artifact.content(f"{ITEMS}/{FILE}")
    cells = labels**2
    with arrays.opened(artifact.file(f"{ITEMS}/{FILE}"), what="confusions of images") as archive:
        pointers = archive.read(f"{key}/pointers", dtype=np.int64, most=(images + 1,))
        columns = archive.read(f"{key}/cells", dtype=np.int64, most=(min(images * cells, MOST_CELLS),))
        pixels = archive.read(f"{key}/pixels", dtype=np.int64, most=(len(columns),))
        if len(pointers) != images + 1 or len(pixels) != len(columns) or (pixels < 0).any():
            raise ValueError(f"{key} is not of {images} images")
        matrix = scipy.sparse.csr_array((pixels, columns, pointers), shape=(images, cells))
        matrix.check_format(full_check=True)
        return matrix
