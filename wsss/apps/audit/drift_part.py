"""Drift as a part of a page: whether the images of other splits are unlike those of the training split."""

from typing import Final

import numpy as np

from wsss.apps.audit.audited import Audited
from wsss.apps.audit.names import DRIFT
from wsss.apps.audit.pictures import picture
from wsss.audit.drift import Drift, drift
from wsss.draw.findings import Finding, Mosaic, Part
from wsss.draw.tables import Table

CERTAIN: Final = 4.0
"""Deviations of shuffled splits above their mean from which a drift is one."""
NOTABLE: Final = 0.6
"""AUROC from which it matters."""
FEWEST: Final = 10
"""Images of a split that are compared at least."""
P: Final = 0.01
COLUMNS: Final = ("split", "images", "AUROC", "shuffled", "deviation", "MMD^2", "p")


def drift_part(audited: Audited, *, train: str, top: int) -> tuple[Part, list[Finding], dict[str, float]]:
    """Compare every other split with the training split."""
    place = {record.id: number for number, record in enumerate(audited.embedded.records)}
    learnt = {place[i] for i in audited.index.splits.get(train, ()) if i in place}
    rows, findings, largest, few = [], [], [], []
    for name, ids in audited.index.splits.items():
        own = sorted({place[i] for i in ids if i in place} - learnt)
        if name == train:
            continue
        if min(len(own), len(learnt)) < FEWEST:
            few.append(name)
            continue
        chosen = np.array(sorted([*learnt, *own]))
        found = drift(audited.embedded.rows[chosen], np.isin(chosen, own))
        rows.append((name, len(own), found.auroc, *found.shuffled, found.mmd, found.p))
        largest.append(found.auroc)
        if found.deviations > CERTAIN and found.auroc > NOTABLE and found.p <= P:
            findings.append(_finding(audited, found, chosen, own, name=name, train=train, top=top))
    table = Table(title="Splits compared", columns=COLUMNS, rows=tuple(rows))
    sentence = f"How well images of each other split are told from those of {train!r}, beside shuffled splits."
    if few:
        sentence += f" Too few images to judge: {', '.join(few)}."
    numbers = {DRIFT: max(largest)} if largest else {}
    return Part(kind=DRIFT, title="Drift", sentence=sentence, tables=(table,) if rows else ()), findings, numbers


def _finding(
    audited: Audited, found: Drift, chosen: np.ndarray, own: list[int], *, name: str, train: str, top: int
) -> Finding:
    order = np.argsort(-found.scores, kind="stable")
    most = [int(chosen[k]) for k in order if int(chosen[k]) in set(own)][:top]
    least = [int(chosen[k]) for k in order[::-1] if int(chosen[k]) not in set(own)][:top]
    mosaics = tuple(
        Mosaic(title=title, pictures=tuple(picture(audited, place) for place in places))
        for title, places in ((f"Most like {name!r}", most), (f"Most like {train!r}", least))
    )
    mean, deviation = found.shuffled
    return Finding(
        kind=DRIFT,
        severity=min(1.0, 2 * (found.auroc - 0.5)),
        subject=name,
        sentence=(
            f"Images of {name!r} are unlike those of {train!r}: they are told apart with an AUROC of "
            f"{found.auroc:.2f}, shuffled splits with {mean:.2f} ± {deviation:.2f}."
        ),
        remedy="Scores on this split say how a network does on other images than it learnt from.",
        numbers={"auroc": found.auroc, "mmd2": found.mmd, "p": found.p},
        images=tuple(audited.embedded.records[place].id for place in most),
        mosaics=mosaics,
    )
