"""Slices: groups of images on which the run does worse than on others, by properties and by embedding."""

from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float, Int64, UInt8

from wsss.apps.debug.properties import properties
from wsss.apps.debug.result import Result
from wsss.apps.debug.subject import Subject
from wsss.apps.debug.survey import Survey
from wsss.draw.findings import Finding, Mosaic, Part
from wsss.draw.panels import resized
from wsss.draw.tables import Table
from wsss.errors import plural
from wsss.metrics.mixture import Group, error_groups
from wsss.metrics.slices import Slice, find_slices
from wsss.store.schema import ImageTable

KIND: Final = "slices"
SHOWN: Final = 12
SIDE: Final = 120


class Errors(NamedTuple):
    """An error of each of some images of a survey."""

    places: Int64[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]
    words: str
    """What it is."""


def slices(subject: Subject, looked: Survey, *, split: str, random_seed: int = 0) -> Result:
    """Look for slices of a split, by the images' own IoU, or where there are no masks by the classifier's error."""
    errors = mask_errors(subject, looked, split=split) or tag_errors(looked, split=split)
    masks = [_mask(subject, looked, place) for place in errors.places.tolist()]
    known = properties(looked, errors.places, classes=subject.classes, masks=masks)
    named = find_slices(known, errors.values)
    groups = error_groups(looked.embeddings[errors.places], errors.values, random_seed=random_seed)
    mean = float(errors.values.mean()) if len(errors.values) else float("nan")
    return Result(
        part=Part(
            kind=KIND,
            title="Failure slices",
            sentence=f"{plural(len(errors.values), 'image')} of {split} by {errors.words}, {mean:.2f} in the mean: "
            f"{plural(len(named), 'slice')} by properties and {plural(len(groups), 'group')} by embedding err more "
            "than chance has it.",
            tables=(slice_table(named), image_table(looked, errors)),
        ),
        findings=(
            *(_slice_finding(subject, looked, each, errors=errors) for each in named),
            *(_group_finding(subject, looked, each, errors=errors) for each in groups),
        ),
    )


def mask_errors(subject: Subject, looked: Survey, *, split: str) -> Errors | None:
    """Return 1 - IoU of every image by the last masks that were scored on a split; None where none were."""
    evaluation = subject.evaluation()
    table = {} if evaluation is None else evaluation.table("items/images.json", ImageTable)
    scored = [(stage, splits[split]) for stage, splits in table.items() if split in splits]
    if not scored:
        return None
    stage, ious = scored[-1]
    known = {i: iou for i, iou in ious.items() if iou is not None}
    places = np.array([p for p in looked.of([split]).tolist() if looked.records[p].id in known], dtype=np.int64)
    values = np.array([1 - known[looked.records[p].id] for p in places.tolist()])
    return Errors(places=places, values=values, words=f"1 - IoU of {stage}") if len(places) else None


def tag_errors(looked: Survey, *, split: str) -> Errors:
    """Return the classifier's cross entropy on every image of a split, the mean over the classes, in nats."""
    places = looked.of([split])
    p = looked.probabilities[places].astype(np.float64).clip(1e-6, 1 - 1e-6)
    values = -np.where(looked.tags[places], np.log(p), np.log1p(-p)).mean(axis=1)
    return Errors(places=places, values=np.asarray(values), words="the classifier's cross entropy")


def slice_table(named: list[Slice]) -> Table:
    """Return a row a slice."""
    rows = tuple((" & ".join(s.properties), s.count, s.error, s.rest, s.score, s.p) for s in named)
    columns = ("slice", "images", "error", "error of the others", "score", "p")
    return Table(title="Slices", columns=columns, rows=rows)


def image_table(looked: Survey, errors: Errors) -> Table:
    """Return a row an image, the worst first."""
    order = np.argsort(-errors.values, kind="stable").tolist()
    rows = tuple((looked.records[int(errors.places[k])].id, float(errors.values[k])) for k in order)
    return Table(title="Errors of images", columns=("image", "error"), rows=rows, note=errors.words)


def _mask(subject: Subject, looked: Survey, place: int) -> UInt8[np.ndarray, "h w"] | None:
    record, split = looked.records[place], looked.splits[place]
    truth = subject.truth(record)
    return subject.own(record, split=split) if truth is None else truth


def _slice_finding(subject: Subject, looked: Survey, found: Slice, *, errors: Errors) -> Finding:
    rows = np.flatnonzero(found.rows)
    worst = errors.places[rows[np.argsort(-errors.values[rows], kind="stable")]].tolist()
    name = " & ".join(found.properties)
    return Finding(
        kind=KIND,
        severity=_severity(found.error, found.rest),
        subject=found.properties[0] if found.properties[0] in subject.classes else name,
        sentence=f"{name}: {errors.words} {found.error:.2f} against {found.rest:.2f} elsewhere, n = {found.count}.",
        remedy="Add training images of this kind, or look whether their labels are right.",
        numbers={"error": found.error, "rest": found.rest, "images": float(found.count), "p": found.p},
        images=tuple(looked.records[place].id for place in worst),
        mosaics=(_mosaic(subject, looked, worst, title="its worst images"),),
    )


def _group_finding(subject: Subject, looked: Survey, found: Group, *, errors: Errors) -> Finding:
    members = errors.places[found.members].tolist()
    return Finding(
        kind=KIND,
        severity=_severity(found.error, found.rest),
        sentence=f"{plural(len(members), 'image')} that look alike to the network: {errors.words} {found.error:.2f} "
        f"against {found.rest:.2f} elsewhere.",
        remedy="Look at what they have in common: nobody has named it.",
        numbers={"error": found.error, "rest": found.rest, "images": float(len(members)), "strength": found.strength},
        images=tuple(looked.records[place].id for place in members),
        mosaics=(_mosaic(subject, looked, members, title="the surest members"),),
    )


def _severity(error: float, rest: float) -> float:
    """Return half the share by which the error exceeds that of the others, at most 0.65: a slice is not all."""
    return min(0.65, 0.5 * (error - rest) / error) if error > 0 else 0.0


def _mosaic(subject: Subject, looked: Survey, places: list[int], *, title: str) -> Mosaic:
    pictures = (resized(subject.index.pixels(looked.records[place]), side=SIDE) for place in places[:SHOWN])
    return Mosaic(title=title, pictures=tuple(pictures))
