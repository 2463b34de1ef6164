"""Classes as a part of a page: how many images each has, and which hardly occur without another."""

from typing import Final

import numpy as np

from wsss.apps.audit.audited import Audited
from wsss.apps.audit.names import CLASSES
from wsss.draw.findings import Finding, Part
from wsss.draw.tables import Cell, Table
from wsss.metrics.cooccurrence import FEWEST, Together, together

PAIR_SEVERITY: Final = 0.45
RARE_SEVERITY: Final = 0.35


def class_part(audited: Audited) -> tuple[Part, list[Finding], dict[str, float]]:
    """Return the balance of classes and pairs that occur together more often than chance has it."""
    names, tags = audited.index.classes, audited.shown
    pairs = together(tags)
    bound = [pair for pair in pairs if pair.without < FEWEST]
    findings = [
        Finding(
            kind=CLASSES,
            severity=PAIR_SEVERITY,
            subject=names[pair.cls],
            sentence=(
                f"Only {pair.without} of {pair.images + pair.without} images of {names[pair.cls]} do not show "
                f"{names[pair.other]}: a network cannot learn to tell them apart."
            ),
            remedy=f"Add images of {names[pair.cls]} without {names[pair.other]}.",
            numbers={"without": pair.without, "with": pair.images, "lift": pair.lift},
        )
        for pair in bound
    ]
    counts = tags.sum(axis=0)
    rare = [names[c] for c in np.flatnonzero(counts < FEWEST)]
    if rare:
        findings.append(
            Finding(
                kind=CLASSES,
                severity=RARE_SEVERITY,
                sentence=f"{len(rare)} of {len(names)} classes have fewer than {FEWEST} images: {', '.join(rare)}.",
                remedy="They can hardly be learnt, nor their tags judged: add images, or leave the class out.",
                numbers={"classes": len(rare)},
            )
        )
    part = Part(
        kind=CLASSES,
        title="Classes",
        sentence=(
            "Images of each class, and pairs of classes that occur together more often than chance has it "
            "(Fisher's exact test, Bonferroni)."
        ),
        tables=(_balance(audited), _pairs(audited, pairs)),
    )
    return part, findings, {CLASSES: float(len(bound))}


def _balance(audited: Audited) -> Table:
    tags = audited.shown
    place = {record.id: number for number, record in enumerate(audited.embedded.records)}
    splits = {name: [place[i] for i in ids if i in place] for name, ids in audited.index.splits.items()}
    alone = tags.sum(axis=1) == 1
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            *(name, int(tags[:, c].sum()), int((tags[:, c] & alone).sum())),
            *(int(tags[own, c].sum()) for own in splits.values()),
        )
        for c, name in enumerate(audited.index.classes)
    )
    return Table(title="Balance", columns=("class", "images", "alone", *splits), rows=rows)


def _pairs(audited: Audited, pairs: list[Together]) -> Table:
    names = audited.index.classes
    rows = tuple(
        (names[each.cls], names[each.other], each.images, each.without, each.share, each.lift, each.p) for each in pairs
    )
    columns = ("class", "with", "images with both", "without", "P(with | class)", "lift", "p")
    return Table(title="Classes that occur together", columns=columns, rows=rows)
