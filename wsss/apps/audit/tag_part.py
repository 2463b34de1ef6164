"""Suspicious tags as a part of a page: a table to fill in, and pictures of the first ones."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from wsss.apps.audit.audited import Audited, Dynamics
from wsss.apps.audit.names import TAGS
from wsss.apps.audit.pictures import suspect_sheet
from wsss.audit.neighbours import COUNTED
from wsss.audit.suspects import Kind, Suspect
from wsss.audit.tags import ClassJudgement
from wsss.draw.findings import Finding, Part
from wsss.draw.tables import Cell, Table

SUGGESTIONS: Final[dict[Kind, str]] = {"missing": "add", "false": "remove"}
COLUMNS: Final = (
    *("image", "class", "suggestion", "accept", "rank", "split", "p", "threshold", "neighbours with", "overlaps"),
    *("overlap", "highest cells", "height", "compactness", "early p", "variability", "run height"),
)
SLOPE: Final = 5.0
"""By how much a finding grows more severe with the share of tags that are wrong."""
FLOOR: Final = 0.25
NOTHING: Final = 0.5
"""Estimated tags below which there is no finding."""


def tag_part(audited: Audited, *, top: int, dynamics: Dynamics | None = None) -> tuple[Part, list[Finding], float]:
    """Return what was looked at, the findings, and about how many tags are wrong or missing."""
    classes = audited.tags.classes
    findings = list(_findings(audited, top=top))
    part = Part(
        kind=TAGS,
        title="Tags",
        sentence=_sentence(audited),
        tables=(tag_table(audited, dynamics), class_table(classes)),
    )
    return part, findings, sum(each.about_missing + each.about_false for each in classes)


def _sentence(audited: Audited) -> str:
    classes = audited.tags.classes
    judged = [each for each in classes if each.verdict == "judged"]
    first = (
        f"Tags of {len(judged)} of {len(classes)} classes are judged by a regression that did not see the image or its "
        "twins, by its neighbours, and by where the evidence lies, with a network that did not learn from these tags."
    )
    parts = [first]
    for verdict in ("too few to judge", "no evidence"):
        names = [each.name for each in classes if each.verdict == verdict]
        parts += [f"{verdict.capitalize()}: {', '.join(names)}."] if names else []
    return " ".join([*parts, "Fill in the column accept of tags.csv with yes, and give it to wsss data fix."])


def _findings(audited: Audited, *, top: int) -> Iterator[Finding]:
    classes, given = audited.tags.classes, int(audited.shown.sum())
    about = {
        "missing": sum(each.about_missing for each in classes),
        "false": sum(each.about_false for each in classes),
    }
    for kind, words in (("missing", "tags may be missing"), ("false", "given tags may be wrong")):
        suspects = [each for each in audited.tags.suspects if each.kind == kind]
        if about[kind] < NOTHING or not suspects:
            continue
        first = suspects[0]
        image, name = audited.tags.images[first.image], classes[first.cls].name
        yield Finding(
            kind=TAGS,
            severity=min(1.0, FLOOR + SLOPE * about[kind] / max(given, 1) / 2),
            sentence=f"About {round(about[kind])} {words}, beside {given} that are given; first {name} on {image}.",
            remedy="Look at them, the most suspicious first: of twice as many as are wrong most are among them. "
            "Write yes into the column accept of tags.csv, then run wsss data fix.",
            numbers={"about": round(about[kind], 1), "given": given, "listed": len(suspects)},
            images=tuple(dict.fromkeys(audited.tags.images[each.image] for each in suspects[:top])),
            sheets=(suspect_sheet(audited, suspects[:top], title=f"{words.capitalize()}, first {top}"),),
        )


def tag_table(audited: Audited, dynamics: Dynamics | None = None) -> Table:
    """Return all suspects as a table whose column `accept` a person fills in, the two kinds in turn."""
    ordered = sorted(audited.tags.suspects, key=lambda each: (each.rank, each.kind != "missing"))
    rows = tuple(_row(audited, each, dynamics) for each in ordered)
    return Table(title="Tags", columns=COLUMNS, rows=rows, note="fill in accept: yes or no", words=True)


def _row(audited: Audited, suspect: Suspect, dynamics: Dynamics | None) -> tuple[Cell, ...]:
    classes = audited.tags.classes
    place, cls = suspect.image, suspect.cls
    group, neighbours = audited.groups, audited.neighbours.index[place]
    counted = neighbours[group[neighbours] != group[place]][:COUNTED]
    thief = None if suspect.thief is None else classes[suspect.thief].name
    run = (dynamics.early, dynamics.variability, dynamics.heights) if dynamics is not None else ()
    known = [_known(values[place, cls]) for values in run] or [None] * 3
    return (
        *(audited.tags.images[place], classes[cls].name, SUGGESTIONS[suspect.kind], None, suspect.rank),
        *(audited.split_of(place), suspect.p, classes[cls].threshold, int(audited.shown[counted, cls].sum())),
        *(thief, suspect.theft if thief else None, suspect.top, suspect.height, suspect.compactness, *known),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def class_table(classes: Sequence[ClassJudgement]) -> Table:
    """Return the judgement of every class, with the thresholds above and below which an image counts."""
    return Table(
        title="Classes judged",
        columns=("class", "images", "verdict", "AP", "shows from", "not up to", "about missing", "about false"),
        rows=tuple(
            (
                *(each.name, each.images, each.verdict, each.precision),
                *(each.threshold, each.absent_threshold, each.about_missing, each.about_false),
            )
            for each in classes
        ),
    )
