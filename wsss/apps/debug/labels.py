"""Labels of a run: an audit of its data with what its classifier answered, and scores without leaking images."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from wsss.apps.audit import Audited, Dynamics, found_in
from wsss.apps.audit.duplicate_part import leaks
from wsss.apps.debug.result import Result, per_cent
from wsss.apps.debug.subject import Subject
from wsss.apps.findings import Measure
from wsss.draw.findings import Finding, Part
from wsss.draw.tables import Table
from wsss.errors import StoreError, plural
from wsss.labels import label_count
from wsss.metrics.image_confusions import miou_of_rows
from wsss.store.image_confusions import confusions_key, read_image_confusions
from wsss.store.schema import ImageTable

TOP: Final = 12
TAGS: Final = "tags"
LEAKS: Final = "leaks"


def suspect_tags(subject: Subject, audited: Audited, dynamics: Dynamics) -> Result:
    """Return the audit's suspicious tags; early answers and heights of maps of the run are columns beside."""
    found = found_in(audited, train=subject.train, what=(TAGS,), top=TOP, dynamics=dynamics)
    (part,) = found.parts
    return Result(part=part, findings=found.findings, measure=found.measures[TAGS])


def leaking(subject: Subject, audited: Audited) -> Result:
    """Say which images have a near duplicate that was learnt from, and what the scores are without them."""
    on = set(subject.index.splits[subject.val])
    places = sorted(leaks(audited, train=subject.train))
    ids = [audited.embedded.records[place].id for place in places if audited.embedded.records[place].id in on]
    scores = scores_without(subject, ids, split=subject.val)
    rows = tuple((stage, *both, both[1] - both[0]) for stage, both in scores.items())
    title, columns = "Scores without leaking images", ("stage", "mIoU", "without", "gain")
    said = f"{plural(len(ids), 'image')} of {subject.val} ({per_cent(len(ids) / len(on))}) have a near duplicate in "
    stage, (before, after) = list(scores.items())[-1] if scores else ("", (0.0, 0.0))
    moved = f" Without them the mIoU of {stage} is {100 * after:.1f} in place of {100 * before:.1f}." if scores else ""
    finding = Finding(
        kind=LEAKS,
        severity=min(1.0, 0.3 + 3 * len(ids) / len(on)),
        sentence=f"{said}{subject.train}: their scores are of images that were learnt.{moved}",
        remedy="Move them to the training split, or leave them out; `wsss data audit` shows the pairs.",
        numbers={"images": float(len(ids)), "before": before, "after": after},
        images=tuple(ids),
    )
    return Result(
        part=Part(
            kind=LEAKS,
            title="Leaks",
            sentence=f"{said}{subject.train}.{moved}",
            tables=(
                Table(title=title, columns=columns, rows=rows),
                Table(title="Leaking images", columns=("image",), rows=tuple((i,) for i in ids)),
            ),
        ),
        findings=(finding,) if ids else (),
        measure=Measure(value=len(ids) / len(on), words=f"the share of {subject.val} that leaks"),
    )


def scores_without(subject: Subject, ids: list[str], *, split: str) -> Mapping[str, tuple[float, float]]:
    """Return the mIoU of all stages that were scored on a split, of all images and of all but some."""
    evaluation = subject.evaluation()
    if evaluation is None:
        return {}
    table: Mapping[str, Mapping[str, Mapping[str, Any]]] = evaluation.table("items/images.json", ImageTable)
    labels, scores = label_count(subject.classes), {}
    for stage, splits in table.items():
        if split in splits:
            names = list(splits[split])
            try:
                key = confusions_key(stage, split)
                rows = read_image_confusions(evaluation, key, images=len(names), labels=labels)
            except StoreError:  # of a wsss that kept none
                continue
            kept = np.array([name not in set(ids) for name in names])
            totals = np.stack([np.asarray(rows.sum(axis=0)).ravel(), np.asarray(rows[kept].sum(axis=0)).ravel()])
            before, after = miou_of_rows(totals).tolist()
            scores[stage] = (before, after)
    return scores
