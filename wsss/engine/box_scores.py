"""Scores of boxes: maps and masks against the true boxes of the images, where there are any."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import torch
from jaxtyping import Float

from wsss.boxes import Box, BoxRule
from wsss.data.index import Index, Record
from wsss.engine.progress import Advance, bar
from wsss.engine.threads import in_threads
from wsss.labels import label_of
from wsss.masks import strongest
from wsss.metrics.boxes import SIDE, BoxCurve, CorLoc, best_overlaps, corners
from wsss.resample import resample
from wsss.store.kinds import KINDS, MAPS, MASKS, RAW_MAPS
from wsss.store.store import Artifact
from wsss.types import ScoreMaps

BoxScores = dict[str, dict[str, dict[str, float | bool | None]]]
"""Metrics by stage and split."""
TrueBoxes = Literal["annotated", "masks"]
"""Boxes of the data set's annotations, or boxes around the components of its true masks."""
ONE_EACH: Final = BoxRule(least=0, merge=1)
"""A box around every component."""


def box_scores(artifacts: Sequence[Artifact], *, index: Index, boxes: TrueBoxes = "annotated") -> BoxScores:
    """Score what has a true box: raw maps by MaxBoxAccV2, which is an oracle, masks and other maps by CorLoc."""
    scores: BoxScores = {}
    sources = list(_boxed(artifacts, index=index, boxes=boxes))
    if not sources:
        return scores
    with bar("boxes", total=sum(len(source.records) for source in sources), unit="images") as advance:
        for source in sources:
            score = _curve if source.artifact.kind == RAW_MAPS.name else _corloc
            scores.setdefault(source.artifact.stage, {})[source.split] = score(source, advance=advance)
    return scores


@dataclass(frozen=True, kw_only=True)
class _Source:
    """One stage's items of the images of a split that may have true boxes."""

    artifact: Artifact
    index: Index
    split: str
    records: tuple[Record, ...]
    boxes: TrueBoxes

    def true(self, record: Record) -> Mapping[int, list[Box]]:
        return boxes_of(record, index=self.index, boxes=self.boxes)


def _boxed(artifacts: Sequence[Artifact], *, index: Index, boxes: TrueBoxes) -> Iterator[_Source]:
    for artifact in artifacts:
        if artifact.kind not in (RAW_MAPS.name, MAPS.name, MASKS.name):
            continue
        for split in artifact.summary["splits"]:
            if records := tuple(record for record in index.split(split) if has_boxes(record, boxes=boxes)):
                yield _Source(artifact=artifact, index=index, split=split, records=records, boxes=boxes)


def _curve(source: _Source, *, advance: Advance) -> dict[str, float | bool | None]:
    index = source.index
    items, curve = RAW_MAPS.items(source.artifact, index), BoxCurve(classes=len(index.classes))

    def overlaps(record: Record) -> list[tuple[int, Any]]:
        maps, size = items.read(record), record.size
        true = {
            cls: [box.scaled(across=SIDE / size.width, down=SIDE / size.height) for box in own]
            for cls, own in source.true(record).items()
        }
        return [(cls, best_overlaps(squared(maps, cls), corners(own))) for cls, own in true.items()]

    for of_record in in_threads(overlaps, source.records):
        for cls, found in of_record:
            curve.add(cls, found)
        advance()
    return {**curve.scores(), "oracle": True}


def _corloc(source: _Source, *, advance: Advance) -> dict[str, float | bool | None]:
    index, kind = source.index, KINDS[source.artifact.kind]
    items, corloc = kind.items(source.artifact, index), CorLoc(classes=len(index.classes))

    def largest(record: Record) -> list[tuple[int, Box | None, list[Box]]]:
        item = items.read(record)
        labels = strongest(item)[0] if isinstance(item, ScoreMaps) else item
        return [(cls, _largest(labels == label_of(cls)), own) for cls, own in source.true(record).items()]

    for of_record in in_threads(largest, source.records):
        for cls, box, own in of_record:
            corloc.add(cls, box, own)
        advance()
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
