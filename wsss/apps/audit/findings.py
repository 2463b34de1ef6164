"""Findings of an audit, part by part: tags, near duplicates and leaks, outliers, drift between splits, and classes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import final

from wsss.apps.audit.audited import Audited, Dynamics
from wsss.apps.audit.class_part import class_part
from wsss.apps.audit.drift_part import drift_part
from wsss.apps.audit.duplicate_part import duplicate_part
from wsss.apps.audit.names import CLASSES, DRIFT, DUPLICATES, KINDS, OUTLIERS, PARTS, TAGS
from wsss.apps.audit.outlier_part import outlier_part
from wsss.apps.audit.tag_part import tag_part
from wsss.apps.findings import Measure
from wsss.draw.findings import Finding, Part


@final
@dataclass(frozen=True, kw_only=True)
class Found:
    """Parts of a page, findings, and the number of each part."""

    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    measures: dict[str, Measure]


def found_in(
    audited: Audited,
    *,
    train: str,
    what: Collection[str] = PARTS,
    top: int = 12,
    dynamics: Dynamics | None = None,
) -> Found:
    """Arrange what an audit found.

    Args:
        audited: The audit.
        train: The split that is learnt from: near duplicates of its images in others are leaks.
        what: Parts to show, of `PARTS`.
        top: Examples with pictures of each kind.
        dynamics: What a run's classifier answered while it was trained, as columns beside.
    """
    made: dict[str, Callable[[], tuple[Part, list[Finding], dict[str, float]]]] = {
        TAGS: lambda: _with_number(TAGS, tag_part(audited, top=top, dynamics=dynamics)),
        DUPLICATES: lambda: duplicate_part(audited, train=train, top=top),
        OUTLIERS: lambda: outlier_part(audited, top=top),
        DRIFT: lambda: drift_part(audited, train=train, top=top),
        CLASSES: lambda: class_part(audited),
    }
    parts, findings, numbers = [], [], dict[str, float]()
    for kind in [kind for kind in PARTS if kind in what]:
        part, own, measured = made[kind]()
        parts.append(part)
        findings += own
        numbers |= measured
    measures = {kind: Measure(value=value, words=KINDS[kind]) for kind, value in numbers.items()}
    return Found(parts=tuple(parts), findings=tuple(findings), measures=measures)


def _with_number(kind: str, made: tuple[Part, list[Finding], float]) -> tuple[Part, list[Finding], dict[str, float]]:
    return made[0], made[1], {kind: made[2]}
