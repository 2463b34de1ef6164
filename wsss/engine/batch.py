"""Images that a Map stage works on together, with everything that was read of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from wsss.data.index import Index, Record
from wsss.store.items import Items

Records = tuple[Record, ...]


@final
@dataclass(frozen=True, kw_only=True)
class Batch:
    """Every sequence has an entry a record, in the records' order."""

    records: Records
    images: tuple[NDArray[np.uint8], ...] = ()
    """Pixels `[h w 3]`, for a stage that needs them."""
    items: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """What other stages made of the images, by role."""

    @classmethod
    def of(cls, records: Records, loaded: Sequence["Loaded"]) -> "Batch":
        """Gather what was read of each image."""
        roles = loaded[0].items if loaded else {}
        return cls(
            records=records,
            images=tuple(one.image for one in loaded if one.image is not None),
            items={role: tuple(one.items[role] for one in loaded) for role in roles},
        )


Compute = Callable[[Batch], Sequence[Any]]
"""Makes an item for every record of a batch.

A function without arguments may stand for an item. It is called on a writer thread, beside the device: for what is
bound to the CPU and may wait.
"""


@final
@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What was read of one image."""

    image: NDArray[np.uint8] | None
    items: Mapping[str, Any]


Read = Callable[[Record], Loaded]
"""Reads what a stage needs of an image; called on reader threads."""


@final
@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads what a stage needs of an image."""

    index: Index
    with_image: bool
    items: Mapping[str, Items]

    def __call__(self, record: Record) -> Loaded:
        """Decode the image, where it is needed, and read its items."""
        return Loaded(
            image=self.index.pixels(record) if self.with_image else None,
            items={role: items.read(record) for role, items in self.items.items()},
        )
