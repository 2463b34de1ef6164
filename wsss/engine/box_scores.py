"""Scores of boxes: maps and masks against the true boxes of the images, where there are any."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Float

from wsss.boxes import Box, BoxRule
from wsss.data.index import Index, Record
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
ONE_EACH: Final = BoxRule(least=0, merge=1)
"""A box around every component."""


def box_scores(artifacts: Sequence[Artifact], *, index: Index) -> BoxScores:
    """Score what has a true box: raw maps by MaxBoxAccV2, which is an oracle, masks and other maps by CorLoc."""
    scores: BoxScores = {}
    for artifact in artifacts:
        if artifact.kind not in (RAW_MAPS.name, MAPS.name, MASKS.name):
            continue
        for split in artifact.summary["splits"]:
            if records := [record for record in index.split(split) if record.boxes]:
                score = _curve if artifact.kind == RAW_MAPS.name else _corloc
                scores.setdefault(artifact.stage, {})[split] = score(artifact, index, records)
    return scores


def _curve(artifact: Artifact, index: Index, records: Sequence[Record]) -> dict[str, float | bool | None]:
    items, curve = RAW_MAPS.items(artifact, index), BoxCurve(classes=len(index.classes))

    def overlaps(record: Record) -> list[tuple[int, Any]]:
        maps, size = items.read(record), record.size
        boxes = {
            cls: [box.scaled(across=SIDE / size.width, down=SIDE / size.height) for box in own]
            for cls, own in boxes_of(record).items()
        }
        return [(cls, best_overlaps(squared(maps, cls), corners(own))) for cls, own in boxes.items()]

    for of_record in in_threads(overlaps, records):
        for cls, found in of_record:
            curve.add(cls, found)
    return {**curve.scores(), "oracle": True}


def _corloc(artifact: Artifact, index: Index, records: Sequence[Record]) -> dict[str, float | bool | None]:
    items, corloc = KINDS[artifact.kind].items(artifact, index), CorLoc(classes=len(index.classes))

    def largest(record: Record) -> list[tuple[int, Box | None, list[Box]]]:
        item = items.read(record)
        labels = strongest(item)[0] if isinstance(item, ScoreMaps) else item
        return [(cls, _largest(labels == label_of(cls)), own) for cls, own in boxes_of(record).items()]

    for of_record in in_threads(largest, records):
        for cls, box, own in of_record:
            corloc.add(cls, box, own)
    return {"corloc": corloc.score()}


def boxes_of(record: Record) -> Mapping[int, list[Box]]:
    """Return an image's true boxes by class."""
    boxes: dict[int, list[Box]] = {}
    for true in record.boxes:
        boxes.setdefault(true.cls, []).append(true.box)
    return boxes


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
    found = ONE_EACH(mask, np.ones(mask.shape, dtype=np.float32))
    return max(found, key=lambda each: each.area).box if found else None
