"""Scores of a run for which no true mask is read: a search by one of them makes no oracle."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Final

import torch

from wsss.data.index import Index, Record
from wsss.draw.numbers import AGREEMENT, EVIDENCE, TAG_F1
from wsss.engine.agreement import NetworkMasks
from wsss.engine.threads import in_threads
from wsss.metrics.mask_free import soft_iou, tag_f1
from wsss.store.kinds import CHOICE, RAW_MAPS
from wsss.store.store import Artifact

CLASSIFIER_ROLE: Final = "classifier"

Score = tuple[str, str, str, float | None]
"""Stage, split, metric and value."""


def mask_free_scores(artifacts: Sequence[Artifact], *, index: Index, masks: NetworkMasks) -> Iterator[Score]:
    """Yield what can be said of the results of a run; `masks` is what those of its network say."""
    for stage, splits in masks.agreements.items():
        for split, images in splits.items():
            known = [value for value in images.values() if value is not None]
            yield stage, split, AGREEMENT, fmean(known) if known else None
    for stage, shown in masks.shown.items():
        for split, classes in shown.items():
            tagged = (frozenset(record.classes) for record in index.split(split))
            yield stage, split, TAG_F1, tag_f1(zip(classes, tagged, strict=True))
    yield from _of_maps([each for each in artifacts if each.kind == RAW_MAPS.name], index)
    for choice in (each for each in artifacts if each.kind == CHOICE.name):
        if EVIDENCE in choice.summary:
            yield choice.stage, joined(choice.summary["splits"]), EVIDENCE, choice.summary[EVIDENCE]


def joined(splits: Sequence[str]) -> str:
    """Return the name under which something stands that was made of several splits together."""
    return "+".join(splits)


def _of_maps(maps: Sequence[Artifact], index: Index) -> Iterator[Score]:
    first: dict[str, Artifact] = {}
    for artifact in maps:
        classifier = artifact.manifest().inputs.get(CLASSIFIER_ROLE)
        if classifier is None or first.setdefault(classifier, artifact) is artifact:
            continue
        for split in artifact.summary["splits"]:
            if split in first[classifier].summary["splits"]:
                yield artifact.stage, split, AGREEMENT, _alike(first[classifier], artifact, index=index, split=split)


def _alike(first: Artifact, second: Artifact, *, index: Index, split: str) -> float | None:
    items = [RAW_MAPS.items(artifact, index) for artifact in (first, second)]

    def alike(record: Record) -> list[float]:
        one, other = (each.read(record) for each in items)
        ours, theirs = torch.isin(one.labels, other.labels), torch.isin(other.labels, one.labels)
        return soft_iou(one.scores[ours], other.scores[theirs]) if ours.any() else []

    found = [value for values in in_threads(alike, index.split(split)) for value in values]
    return fmean(found) if found else None
