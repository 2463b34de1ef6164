"""Embeddings of all images of an artifact, as one array."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float16

from wsss.data.index import Index, Record
from wsss.errors import StoreError
from wsss.store.kinds import EMBEDDINGS
from wsss.store.store import Artifact


@final
@dataclass(frozen=True, kw_only=True)
class Embedded:
    """Images and their embeddings, one row each."""

    records: tuple[Record, ...]
    rows: Float16[np.ndarray, "n d"]


def read_embeddings(artifact: Artifact, index: Index) -> Embedded:
    """Read the embeddings of all images that an artifact holds, in the order of its splits.

    Raises `StoreError` for one that is missing, torn, or of another network than the first.
    """
    splits: Sequence[str] = artifact.summary["splits"]
    records = index.union(splits or index.splits)
    items = EMBEDDINGS.items(artifact, index)
    first = items.read(records[0])
    rows = np.empty((len(records), len(first)), dtype=np.float16)
    for place, record in enumerate(records):
        row = items.read(record)
        if row.shape != first.shape:
            raise StoreError(f"{items.place(record)} holds {len(row)} channels, {items.place(records[0])} {len(first)}")
        rows[place] = row
    return Embedded(records=records, rows=rows)
