"""Outliers as a part of a page: images that lie far from all others, beside the most typical one of their class."""

from typing import Final

import numpy as np

from wsss.apps.audit.audited import Audited
from wsss.apps.audit.names import OUTLIERS
from wsss.apps.audit.pictures import side_by_side
from wsss.audit.neighbours import centred, distances
from wsss.draw.findings import Finding, Part
from wsss.draw.tables import Table

SHARE: Final = 0.01
"""Of the images, those with the largest distances."""
FAR: Final = 4.0
"""Deviations (of the median, scaled to a normal distribution's) from which an image counts as far."""
NORMAL: Final = 1.4826
SEVERITY: Final = 0.15


def outlier_part(audited: Audited, *, top: int) -> tuple[Part, list[Finding], dict[str, float]]:
    """Return the images with the largest mean distances to their ten nearest, and a finding where some are far."""
    far = distances(audited.neighbours)
    median = float(np.median(far))
    spread = NORMAL * float(np.median(np.abs(far - median))) or 1.0
    order = np.argsort(-far, kind="stable")[: max(1, round(SHARE * len(far)))].tolist()
    outside = [place for place in np.argsort(-far, kind="stable").tolist() if far[place] > median + FAR * spread]
    records = audited.embedded.records
    rows = tuple(
        (
            records[place].id,
            _names(audited, place),
            audited.split_of(place),
            float(far[place]),
            float((far[place] - median) / spread),
        )
        for place in dict.fromkeys([*outside, *order])
    )
    table = Table(title="Outliers", columns=("image", "tags", "split", "distance", "deviations"), rows=rows, words=True)
    shown = (outside or order)[:top]
    typical = medoids(audited)
    groups = [
        [place, *(typical[c] for c in records[place].classes if c in typical and typical[c] != place)][:4]
        for place in shown
    ]
    words = [f"distance {far[place]:.2f}, median {median:.2f}" for place in shown]
    sheet = side_by_side(
        audited, groups, title="Images far from all others, beside typical ones of their tags", words=words
    )
    findings = []
    if outside:
        noun = "image lies" if len(outside) == 1 else "images lie"
        findings.append(
            Finding(
                kind=OUTLIERS,
                severity=SEVERITY,
                sentence=f"{len(outside)} {noun} far from all others.",
                remedy="Are they photographs of what the data set is about?",
                numbers={"images": len(outside)},
                images=tuple(records[place].id for place in outside),
                sheets=(sheet,),
            )
        )
    sentence = (
        f"Distance of an image: 1 - cosine of centred embeddings, the mean over its ten nearest; median {median:.2f}."
    )
    sheets = () if outside else (sheet,)
    return (
        Part(kind=OUTLIERS, title="Outliers", sentence=sentence, tables=(table,), sheets=sheets),
        findings,
        {OUTLIERS: float(len(outside))},
    )


def medoids(audited: Audited) -> dict[int, int]:
    """Return for each class that has images the one closest to the mean of all of them."""
    found = {}
    rows = centred(audited.embedded.rows)
    for c in range(audited.shown.shape[1]):
        own = np.flatnonzero(audited.shown[:, c])
        if len(own):
            found[c] = int(own[(rows[own] @ rows[own].mean(axis=0)).argmax()])
    return found


def _names(audited: Audited, place: int) -> str:
    return ", ".join(audited.index.classes[c] for c in audited.embedded.records[place].classes)
