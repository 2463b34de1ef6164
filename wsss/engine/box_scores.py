"""Scores of boxes: maps and masks against the true boxes of the images, where there are any."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final, Literal

import numpy as np
import torch
from jaxtyping import Float

from wsss.boxes import Box, BoxRule
from wsss.data.index import Index, Record
from wsss.engine.pool import in_chunks
from wsss.engine.progress import Advance, bar
from wsss.engine.threads import in_threads
from wsss.labels import label_of
from wsss.masks import strongest
from wsss.metrics.boxes import SIDE, BoxCurve, CorLoc, best_overlaps, corners
from wsss.resample import resample
from wsss.store.items import Items
from wsss.store.kinds import KINDS, MAPS, MASKS, RAW_MAPS
from wsss.store.store import Artifact
from wsss.types import ScoreMaps

BoxScores = dict[str, dict[str, dict[str, float | bool | None]]]
"""Metrics by stage and split."""
TrueBoxes = Literal["annotated", "masks"]
"""Boxes of the data set's annotations, or boxes around the components of its true masks."""
ONE_EACH: Final = BoxRule(least=0, merge=1)
"""A box around every component."""
LEAST: Final = 300
"""Raw maps that are worth the start of another process: boxes at all thresholds take tens of ms a class."""


def box_scores(
    artifacts: Sequence[Artifact], *, index: Index, boxes: TrueBoxes = "annotated", processes: int = 1
) -> BoxScores:
    """Score what has a true box: raw maps by MaxBoxAccV2, which is an oracle, masks and other maps by CorLoc."""
    scores: BoxScores = {}
    sources = list(_boxed(artifacts, index=index, boxes=boxes))
    if not sources:
        return scores
    with bar("boxes", total=sum(len(records) for _, _, records in sources), unit="images") as advance:
        for artifact, split, records in sources:
            finder = BoxFinder.of(artifact, index, boxes=boxes)
            score = _curve if artifact.kind == RAW_MAPS.name else _corloc
            found = score(finder, records, processes=processes, advance=advance)
            scores.setdefault(artifact.stage, {})[split] = found
    return scores


@dataclass(frozen=True, kw_only=True)
class BoxFinder:
    """Finds boxes of an artifact's items; it is sent to processes, and so holds no record of an image."""

    kind: str
    items: Items
    index: Index
    """Without records."""
    boxes: TrueBoxes

    @classmethod
    def of(cls, artifact: Artifact, index: Index, *, boxes: TrueBoxes) -> "BoxFinder":
        """Return what finds boxes in an artifact's items of images of an index."""
        items = KINDS[artifact.kind].items(artifact, index)
        return cls(kind=artifact.kind, items=items, index=replace(index, records={}, splits={}), boxes=boxes)

    def overlaps(self, records: Sequence[Record]) -> list[tuple[int, Float[np.ndarray, " thresholds"]]]:
        """Return the classes of images' true boxes, and how well their maps meet these at every threshold."""
        return list(chain.from_iterable(in_threads(self._overlaps_of, records)))

    def largest(self, records: Sequence[Record]) -> list[tuple[int, Box | None, list[Box]]]:
        """Return the classes of images' true boxes with the largest box of each class, and the true ones."""
        return list(chain.from_iterable(in_threads(self._largest_of, records)))

    def _overlaps_of(self, record: Record) -> list[tuple[int, Float[np.ndarray, " thresholds"]]]:
        maps, size = self.items.read(record), record.size
        true = {
            cls: [box.scaled(across=SIDE / size.width, down=SIDE / size.height) for box in own]
            for cls, own in self._true(record).items()
        }
        return [(cls, best_overlaps(squared(maps, cls), corners(own))) for cls, own in true.items()]

    def _largest_of(self, record: Record) -> list[tuple[int, Box | None, list[Box]]]:
        item = self.items.read(record)
        labels = strongest(item)[0] if isinstance(item, ScoreMaps) else item
        return [(cls, _largest(labels == label_of(cls)), own) for cls, own in self._true(record).items()]

    def _true(self, record: Record) -> Mapping[int, list[Box]]:
        return boxes_of(record, index=self.index, boxes=self.boxes)


def _boxed(
    artifacts: Sequence[Artifact], *, index: Index, boxes: TrueBoxes
) -> Iterator[tuple[Artifact, str, tuple[Record, ...]]]:
    """Yield artifacts by their splits, with the images that may have true boxes."""
    for artifact in artifacts:
        if artifact.kind not in (RAW_MAPS.name, MAPS.name, MASKS.name):
            continue
        for split in artifact.summary["splits"]:
            if records := tuple(record for record in index.split(split) if has_boxes(record, boxes=boxes)):
                yield artifact, split, records


def _curve(
    finder: BoxFinder, records: Sequence[Record], *, processes: int, advance: Advance
) -> dict[str, float | bool | None]:
    curve = BoxCurve(classes=len(finder.index.classes))
    chunks = in_chunks(finder.overlaps, records, processes=processes, module=__name__, least=LEAST)
    for count, pairs in chunks:
        for cls, overlaps in pairs:
            curve.add(cls, overlaps)
        advance(count)
    return {**curve.scores(), "oracle": True}


def _corloc(
    finder: BoxFinder, records: Sequence[Record], *, processes: int, advance: Advance
) -> dict[str, float | bool | None]:
    corloc = CorLoc(classes=len(finder.index.classes))
    for count, pairs in in_chunks(finder.largest, records, processes=processes, module=__name__):
        for cls, box, own in pairs:
            corloc.add(cls, box, own)
        advance(count)
    return {"corloc": corloc.score()}


def has_boxes(record: Record, *, boxes: TrueBoxes) -> bool:
    """Return whether an image may have true boxes, without reading its mask."""
    return bool(record.boxes) if boxes == "annotated" else record.mask is not None


def boxes_of(record: Record, *, index: Index, boxes: TrueBoxes) -> Mapping[int, list[Box]]:
    """Return an image's true boxes by class, of the classes that it is labelled with."""
    by_class: dict[int, list[Box]] = {}
    if boxes == "annotated":
        for true in record.boxes:
            by_class.setdefault(true.cls, []).append(true.box)
        return by_class
    if (truth := index.truth(record)) is None:
        return by_class
    for cls in record.classes:
        if around := [found.box for found in ONE_EACH.around(truth == label_of(cls))]:
            by_class[cls] = around
    return by_class


def squared(maps: ScoreMaps, cls: int) -> Float[np.ndarray, "224 224"]:
    """Return a class's map as the authors score it: in [0, 1], 224 x 224; nothing where the class has no map."""
    if cls not in maps.classes:
        return np.zeros((SIDE, SIDE), dtype=np.float32)
    heat = maps.scores[maps.labels.tolist().index(label_of(cls))].float()
    stride = SIDE / heat.shape[0], SIDE / heat.shape[1]
    full = resample(heat, stride=stride, size=(SIDE, SIDE))
    low, high = full.aminmax()
    return ((full - low) / (high - low)).numpy() if high > low else torch.zeros_like(full).numpy()


def _largest(mask: Any) -> Box | None:
    found = ONE_EACH.around(mask)
    return max(found, key=lambda each: each.area).box if found else None
