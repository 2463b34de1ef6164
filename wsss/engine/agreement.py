"""Masks of a network, beside those that it learnt from: what tells good images from bad ones without any truth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from jaxtyping import UInt8

from wsss.data.alike import Alike
from wsss.data.index import Index, Record
from wsss.draw.outcome import learnt_from
from wsss.engine.threads import in_threads
from wsss.labels import BACKGROUND, IGNORE, class_of, label_count
from wsss.metrics.confusion import confusion, image_miou
from wsss.store.kinds import MASKS
from wsss.store.store import Artifact

Agreements = dict[str, dict[str, dict[str, float | None]]]
"""A number an image, by stage and split."""
Shown = dict[str, dict[str, list[frozenset[int]]]]
"""Classes that the mask of each image shows, by stage and split, in the split's order."""


@dataclass(frozen=True, kw_only=True)
class NetworkMasks:
    """What the masks of a network say without any truth: they are read once for all of it."""

    agreements: Agreements = field(default_factory=dict)
    """The mIoU of each image that was learnt from, against its mask then; None where both show background alone."""
    shown: Shown = field(default_factory=dict)


def network_masks(artifacts: Sequence[Artifact], *, index: Index) -> NetworkMasks:
    """Look at the masks of a run's network, of all splits; nothing is known where it has none."""
    predicted, learnt = learnt_from(artifacts)
    if predicted is None:
        return NetworkMasks()
    count, masks = label_count(index.classes), MASKS.items(predicted, index)
    targets = None if learnt is None else MASKS.items(learnt, index)

    def look(record: Record, *, compared: bool) -> tuple[frozenset[int], float | None]:
        labels = masks.read(record)
        if not compared or targets is None:
            return shown_classes(labels), None
        return shown_classes(labels), image_miou(confusion(targets.read(record), labels, labels=count))

    agreements: dict[str, dict[str, float | None]] = {}
    shown: dict[str, list[frozenset[int]]] = {}
    alike = Alike()
    for split in predicted.summary["splits"]:
        records = index.split(split)
        compared = learnt is not None and split in learnt.summary["splits"]
        of_split: dict[str, float | None] = {}
        shown[split] = []
        for record, (classes, agreement) in zip(
            records, in_threads(partial(look, compared=compared), records), strict=True
        ):
            shown[split].append(alike.first(classes))
            of_split[record.id] = agreement
        if compared:
            agreements[split] = of_split
    stage = predicted.stage
    return NetworkMasks(agreements={stage: agreements} if agreements else {}, shown={stage: shown})


def shown_classes(labels: UInt8[np.ndarray, "h w"]) -> frozenset[int]:
    """Return the classes that a mask shows, in however few pixels."""
    present = np.flatnonzero(np.bincount(labels.ravel(), minlength=IGNORE + 1)).tolist()
    return frozenset(class_of(label) for label in present if label not in (BACKGROUND, IGNORE))
