"""Near duplicates as a part of a page: groups of images that are nearly the same, and those that leak."""

from collections.abc import Sequence
from typing import Final

from wsss.apps.audit.audited import Audited
from wsss.apps.audit.names import DUPLICATES, LEAKS
from wsss.apps.audit.pictures import side_by_side
from wsss.audit.duplicates import WAYS
from wsss.audit.groups import members
from wsss.draw.findings import Finding, Part
from wsss.draw.sheet import Sheet
from wsss.draw.tables import Table

LEAK_SEVERITY: Final = 0.7
LEAK_SLOPE: Final = 3.0
"""By how much leaks grow more severe with the share of a split that leaks."""
TAG_SEVERITY: Final = 0.4
SAME_SEVERITY: Final = 0.2


def duplicate_part(audited: Audited, *, train: str, top: int) -> tuple[Part, list[Finding], dict[str, float]]:
    """Return the groups, findings on leaks, on groups of other tags and on the rest, and the numbers of both."""
    groups = members(audited.groups)
    leaking = leaks(audited, train=train)
    leaky = [group for group in groups if set(group) & leaking]
    differing = [group for group in groups if len({audited.embedded.records[i].classes for i in group}) > 1]
    findings = []
    if leaky:
        findings.append(_leak_finding(audited, leaky, leaking, train=train, top=top))
    if differing:
        findings.append(
            Finding(
                kind=DUPLICATES,
                severity=TAG_SEVERITY,
                sentence=f"{_groups(len(differing))} of nearly the same picture carry different tags.",
                remedy="One side is wrong: see which tags the picture shows.",
                numbers={"groups": len(differing)},
                images=_ids(audited, differing),
                sheets=(_sheet(audited, differing[:top], title="Near duplicates with different tags"),),
            )
        )
    rest = [group for group in groups if group not in leaky and group not in differing]
    if rest:
        findings.append(
            Finding(
                kind=DUPLICATES,
                severity=SAME_SEVERITY,
                sentence=f"{_groups(len(rest))} of nearly the same picture with equal tags lie within one split.",
                remedy="They count several times in a training; keep one of each, or leave them.",
                numbers={"groups": len(rest)},
                images=_ids(audited, rest),
                sheets=(_sheet(audited, rest[:top], title="Near duplicates"),),
            )
        )
    sentence = (
        f"{len(audited.embedded.records)} images were compared by embeddings; pairs that stand out were looked at once "
        f"more, without the network. {_groups(len(groups))} of nearly the same picture."
    )
    part = Part(kind=DUPLICATES, title="Near duplicates", sentence=sentence, tables=(pair_table(audited),))
    return part, findings, {DUPLICATES: float(len(groups)), LEAKS: float(len(leaking))}


def leaks(audited: Audited, *, train: str) -> set[int]:
    """Return the images outside of the training split that have a near duplicate in it, by position."""
    place = {record.id: number for number, record in enumerate(audited.embedded.records)}
    learnt = {place[i] for i in audited.index.splits.get(train, ()) if i in place}
    groups = {int(audited.groups[number]) for number in learnt}
    return {number for number in range(len(place)) if number not in learnt and int(audited.groups[number]) in groups}


def _leak_finding(
    audited: Audited, groups: Sequence[tuple[int, ...]], leaking: set[int], *, train: str, top: int
) -> Finding:
    others = len(audited.embedded.records) - len(audited.index.splits[train])
    share = len(leaking) / max(others, 1)
    noun = "image" if len(leaking) == 1 else "images"
    return Finding(
        kind=DUPLICATES,
        severity=min(1.0, LEAK_SEVERITY + LEAK_SLOPE * share),
        sentence=f"{len(leaking)} {noun} outside of {train!r} are nearly the same picture as one in it ({share:.1%}).",
        remedy="Scores on them are too good: move all pictures of a group to one split.",
        numbers={"leaks": len(leaking), "share": share},
        images=tuple(audited.embedded.records[i].id for i in sorted(leaking)),
        sheets=(_sheet(audited, groups[:top], title="Near duplicates across splits"),),
    )


def pair_table(audited: Audited) -> Table:
    """Return all pairs that are nearly the same, those in several splits first."""
    records = audited.embedded.records
    rows = []
    for each in audited.compared.duplicates:
        splits = audited.split_of(each.first), audited.split_of(each.second)
        ids = records[each.first].id, records[each.second].id
        rows.append((splits[0] == splits[1], (*ids, *splits, WAYS[each.way], each.cosine, each.correlation)))
    columns = ("image", "other", "split", "split of the other", "how", "cosine", "correlation")
    ordered = tuple(row for _, row in sorted(rows, key=lambda row: row[0]))
    return Table(title="Near duplicates", columns=columns, rows=ordered, words=True)


def _sheet(audited: Audited, groups: Sequence[tuple[int, ...]], *, title: str) -> Sheet:
    ways = {(each.first, each.second): WAYS[each.way] for each in audited.compared.duplicates}
    words = [", ".join(dict.fromkeys(way for pair, way in ways.items() if set(pair) <= set(group))) for group in groups]
    return side_by_side(audited, groups, title=title, words=words)


def _groups(count: int) -> str:
    return f"{count} group" if count == 1 else f"{count} groups"


def _ids(audited: Audited, groups: Sequence[tuple[int, ...]]) -> tuple[str, ...]:
    return tuple(audited.embedded.records[i].id for group in groups for i in group)
