"""Tables of contexts, and findings on classes that go together."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from wsss.apps.debug.backgrounds import Background
from wsss.apps.debug.class_context import ClassContext
from wsss.apps.debug.erase import FILLINGS, Erased
from wsss.apps.debug.result import per_cent
from wsss.apps.debug.survey import Survey
from wsss.apps.debug.swap import NOTHING, Swapped
from wsss.draw.findings import Finding
from wsss.draw.tables import Cell, Table
from wsss.errors import plural
from wsss.metrics.cooccurrence import FEWEST, Reliance, Together, reliances, together
from wsss.metrics.counterfactual import Filling

BIASED: Final = 1.5
"""Ratio of mean probabilities from which a companion is said to count."""
ORIGINS: Final = {"run": "run's masks", "truth": "true masks"}


def class_table(
    classes: Sequence[ClassContext],
    *,
    swapped: Sequence[Swapped],
    looked: Survey,
    behind: Sequence[Background],
    names: Sequence[str],
) -> Table:
    """Return a row a class: sufficiencies by the run's masks and by true ones, energy, and its worst company."""
    origins = [o for o in ORIGINS if any(o in each.origins for found in classes for each in found.images)]
    heads = [f"{head}, {ORIGINS[o]}" for o in origins for head in (*_erased_heads(), "RFS", "energy / area")]
    company = {pair.cls: pair for pair in reversed(together(looked.tags))}
    kinds = {each.cls: each for each in behind}
    rows = [
        (
            names[found.cls],
            len(found.images),
            *(cell for origin in origins for cell in _origin_cells(found.images, origin)),
            _mean([each.kept for each in swapped if each.cls == found.cls]),
            names[company[found.cls].other] if found.cls in company else None,
            company[found.cls].without if found.cls in company else None,
            kinds[found.cls].cluster if found.cls in kinds else None,
        )
        for found in classes
    ]
    columns = ("class", "images", *heads, "kept elsewhere", "goes with", "images without it", "background")
    note = "shares of the probability that are left; RFS is 1 where only the object counts and -1 where only the rest"
    return Table(title="Context by class", columns=columns, rows=tuple(rows), note=note)


def cluster_table(behind: Sequence[Background], *, names: Sequence[str]) -> Table:
    """Return a row a class with the background of the highest bias score."""
    columns = ("class", "background", "images", "P(background | class)", "lift", "share of map", "score", "taken")
    rows = tuple((names[b.cls], b.cluster, b.images, b.share, b.lift, b.energy, b.score, b.taken) for b in behind)
    note = "share of map times log2 of lift is the score; taken is the share of the probability that erasing it takes"
    return Table(title="Backgrounds", columns=columns, rows=rows, note=note)


def swap_table(swapped: Sequence[Swapped], *, names: Sequence[str]) -> Table:
    """Return what a class keeps of its probability on backgrounds of each other class, the least first."""
    pairs: dict[tuple[int, int], list[float]] = {}
    for each in swapped:
        pairs.setdefault((each.cls, each.donor), []).append(each.kept)
    ranked = sorted(pairs.items(), key=lambda item: (np.mean(item[1]), item[0]))
    rows = tuple(
        (names[c], "no class" if d == NOTHING else names[d], len(kept), float(np.mean(kept))) for (c, d), kept in ranked
    )
    return Table(title="Other backgrounds", columns=("class", "background of", "images", "kept"), rows=rows)


def company_tables(looked: Survey, *, names: Sequence[str], split: str) -> tuple[Table, Table]:
    """Return classes that go together in all images, and how each is recognised without the other on a split."""
    pairs = tuple(
        (names[t.cls], names[t.other], t.images, t.without, t.share, t.lift, t.p) for t in together(looked.tags)
    )
    columns = ("class", "other", "both", "without the other", "P(other | class)", "lift", "p")
    on = looked.of([split])
    relied = tuple(
        (names[r.cls], names[r.other], *r.images, r.with_it, r.without, r.bias)
        for r in reliances(looked.tags[on], looked.probabilities[on])
    )
    ratio = ("class", "other", "with it", "without it", "mean p with", "mean p without", "ratio")
    return (
        Table(title="Classes that go together", columns=columns, rows=pairs),
        Table(title="Exclusive against co-occurring", columns=ratio, rows=relied, note=f"on {split}"),
    )


def company_findings(looked: Survey, *, classes: Sequence[str], split: str) -> Iterator[Finding]:
    """Yield classes that are recognised by a companion, and those that are hardly ever seen without one."""
    on = looked.of([split])
    for found in reliances(looked.tags[on], looked.probabilities[on]):
        if found.bias > BIASED:
            yield _reliance(found, classes=classes, split=split)
    for pair in together(looked.tags):
        if pair.without < FEWEST:
            yield _inseparable(pair, classes=classes)


def _reliance(found: Reliance, *, classes: Sequence[str], split: str) -> Finding:
    one, other = classes[found.cls], classes[found.other]
    return Finding(
        kind="context",
        severity=min(1.0, found.with_it - found.without),
        subject=one,
        sentence=f"The classifier gives {one} {per_cent(found.with_it)} where there is {other}, too, and "
        f"{per_cent(found.without)} where there is none ({found.images[0]} and {found.images[1]} images of {split}).",
        remedy=f"Add photographs of {one} without {other}.",
        numbers={"ratio": found.bias, "with": found.with_it, "without": found.without},
    )


def _inseparable(pair: Together, *, classes: Sequence[str]) -> Finding:
    one, other = classes[pair.cls], classes[pair.other]
    return Finding(
        kind="context",
        severity=0.4 * pair.share,
        subject=one,
        sentence=f"{plural(pair.without, 'image')} of {pair.images + pair.without} with {one} "
        f"{'is' if pair.without == 1 else 'are'} without {other}: the two can hardly be told apart.",
        remedy=f"Add photographs of {one} without {other}.",
        numbers={"without": float(pair.without), "lift": pair.lift, "share": pair.share},
    )


def _erased_heads() -> list[str]:
    return [f"{what}, {filling}" for what in ("object alone", "context alone") for filling in FILLINGS]


def _origin_cells(images: Sequence[Erased], origin: str) -> list[Cell]:
    own = [each for each in images if origin in each.origins]

    def mean(part: str, filling: Filling) -> Cell:
        return _mean([float(getattr(each.origins[origin][filling], part)) for each in own])

    parts = ("object_sufficiency", "context_sufficiency")
    ratios = [each.energy[origin] / each.area[origin] for each in own if each.area[origin] > 0]
    return [
        *(mean(part, filling) for part in parts for filling in FILLINGS),
        _mean([each.sensitivity(origin) for each in own]),
        _mean(ratios),
    ]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
