"""Pixels of stored results counted against true masks: by this process, or by several that share the images."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import scipy
from jaxtyping import Int64, UInt8
from numpy.typing import NDArray

from wsss.data.index import Index, Record
from wsss.engine.pool import in_chunks
from wsss.engine.progress import Advance
from wsss.engine.threads import in_threads
from wsss.labels import label_count
from wsss.masks import strongest, strongest_class
from wsss.metrics.confusion import confusion, image_miou
from wsss.metrics.curve import ThresholdCurve
from wsss.metrics.image_confusions import sparse_rows
from wsss.store.items import Items
from wsss.store.kinds import MAPS, MASKS, RAW_MAPS, Kind
from wsss.store.store import Artifact

SCORED: Final[Mapping[str, tuple[Kind, Callable[[Any], Any]]]] = {
    RAW_MAPS.name: (RAW_MAPS, strongest_class),
    MAPS.name: (MAPS, lambda maps: strongest(maps)[0]),
    MASKS.name: (MASKS, lambda labels: labels),
}
"""Kinds of what is scored, and what counts of an item."""


@dataclass(frozen=True, kw_only=True)
class Counting:
    """Reads and counts items of an artifact; it is sent to processes, and so holds no record of an image."""

    kind: str
    items: Items
    index: Index
    """Without records."""

    @classmethod
    def of(cls, artifact: Artifact, index: Index) -> "Counting":
        """Return what counts an artifact's items of images of an index."""
        items = SCORED[artifact.kind][0].items(artifact, index)
        return cls(kind=artifact.kind, items=items, index=replace(index, records={}, splits={}))

    @property
    def labels(self) -> int:
        """How many labels masks have, the background included."""
        return label_count(self.index.classes)

    def curve(self, records: Sequence[Record]) -> Int64[np.ndarray, "labels labels passed"]:
        """Return the counts of a `ThresholdCurve` over images."""
        curve = ThresholdCurve(labels=self.labels)
        for truth, (labels, score) in self._pairs(records):
            curve.add(truth, strongest=labels, score=score)
        return curve.counts

    def confusions(self, records: Sequence[Record]) -> tuple["scipy.sparse.csr_array", list[float | None]]:
        """Return every image's confusion matrix, as a sparse row, and its mIoU."""
        matrices = [confusion(truth, labels, labels=self.labels) for truth, labels in self._pairs(records)]
        return sparse_rows(matrices, labels=self.labels), [image_miou(matrix) for matrix in matrices]

    def _pairs(self, records: Sequence[Record]) -> Iterator[tuple[UInt8[np.ndarray, "h w"], Any]]:
        """Yield true masks with what counts of the items, read ahead on threads."""
        counts = SCORED[self.kind][1]

        def pair(record: Record) -> tuple[NDArray[np.uint8], Any]:
            truth = self.index.truth(record)
            assert truth is not None, "only images with a true mask are counted"
            return truth, counts(self.items.read(record))

        return in_threads(pair, records)


def curve_over(counting: Counting, records: Sequence[Record], *, processes: int, advance: Advance) -> ThresholdCurve:
    """Count images at every threshold; the counts of all processes add up."""
    curve = ThresholdCurve(labels=counting.labels)
    for count, counts in in_chunks(counting.curve, records, processes=processes, module=__name__):
        curve.counts[...] += counts
        advance(count)
    return curve


def confusions_over(
    counting: Counting, records: Sequence[Record], *, processes: int, advance: Advance
) -> tuple["scipy.sparse.csr_array", dict[str, float | None]]:
    """Return the confusions of images as sparse rows in their order, and the mIoU of each by id."""
    parts, mious = [], list[float | None]()
    for count, (rows, found) in in_chunks(counting.confusions, records, processes=processes, module=__name__):
        parts.append(rows)
        mious += found
        advance(count)
    return scipy.sparse.vstack(parts, format="csr"), dict(zip([record.id for record in records], mious, strict=True))
