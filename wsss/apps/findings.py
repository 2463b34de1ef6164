"""Findings as files: `NAME.html` for people, `NAME.json` for programs and one CSV file for each table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from wsss.apps.lists import as_mapping
from wsss.draw.findings import Finding, FindingsPage, render_findings
from wsss.draw.tables import Table, csv_text
from wsss.errors import ConfigError, one_of
from wsss.store.schema import Strict, Text
from wsss.store.texts import read_json, write_json, write_text

FORMAT: Final = 1
"""Version of `NAME.json`."""
FAIL_OVER: Final = "--fail-over"


class FindingRecord(Strict):
    """One finding in the file."""

    kind: Text
    severity: Annotated[float, Field(ge=0, le=1)]
    level: Text
    subject: Text
    sentence: Text
    remedy: Text
    numbers: dict[Text, float]
    images: tuple[Text, ...]


class TableRecord(Strict):
    """One table in the file: its part, and the name of the CSV file beside it."""

    kind: Text
    title: Text
    file: Text


class FindingsFile(Strict):
    """What `NAME.json` holds: findings, the worst first, and the number of each part that `--fail-over` is about."""

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    title: Text
    command: Text
    created: Text
    head: dict[Text, Any]
    """What was looked at: the run or the data set, the split, the options."""
    measures: dict[Text, float]
    findings: tuple[FindingRecord, ...]
    tables: tuple[TableRecord, ...]
    notes: tuple[Text, ...]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """The number of a part that a limit may be set to."""

    value: float
    words: str
    """What it counts or measures."""


def write_findings(
    folder: Path, page: FindingsPage, *, name: str, head: Mapping[str, Any], measures: Mapping[str, Measure]
) -> Path:
    """Write all files of a page and return the path of the HTML file; what an earlier call wrote there is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for part in page.parts:
        for table in part.tables:
            file = csv_name(part.kind, table)
            write_text(folder / file, csv_text(table))
            tables.append(TableRecord(kind=part.kind, title=table.title, file=file))
    record = FindingsFile(
        format=FORMAT,
        title=page.title,
        command=page.command,
        created=page.created.isoformat(timespec="seconds"),
        head=dict(head),
        measures={kind: measure.value for kind, measure in measures.items()},
        findings=tuple(_record(finding) for finding in page.worst),
        tables=tuple(tables),
        notes=page.notes,
    )
    write_json(folder / f"{name}.json", record.model_dump(mode="json"))
    html = folder / f"{name}.html"
    write_text(html, render_findings(page))
    return html


def read_findings(path: Path) -> FindingsFile:
    """Read `NAME.json`; raises `StoreError` where it is not there or holds something else."""
    return read_json(path, FindingsFile, remedy="make it again")


def csv_name(kind: str, table: Table) -> str:
    """Return the name of a table's file: its part and its title in small letters, joined by underscores."""
    words = "".join(letter if letter.isalnum() else " " for letter in table.title.lower()).split()
    return f"{'_'.join([kind, *(word for word in words if word != kind)])}.csv"


def limits_in(given: Sequence[str], *, known: Sequence[str]) -> dict[str, float]:
    """Return the limits of parts in words such as `context=0.5`.

    Raises `ConfigError` that names every wrong one, and a part with two limits.
    """
    limits, problems = [], []
    for text in given:
        kind, _, value = text.partition("=")
        try:
            number = float(value)
        except ValueError:
            problems.append(f"{FAIL_OVER} {text}: write a part and a number, such as {known[0]}=0.5")
            continue
        if kind not in known:
            problems.append(f"{FAIL_OVER} {text}: there is no part {kind!r}; there are: {one_of(known)}")
        elif not number >= 0:  # nor is nan
            problems.append(f"{FAIL_OVER} {text}: every number is 0 or more, so is a limit")
        limits.append((kind, number))
    if problems:
        raise ConfigError(problems)
    return as_mapping(limits, key=FAIL_OVER)


def exceeded(limits: Mapping[str, float], measures: Mapping[str, Measure]) -> list[str]:
    """Say in a sentence each which parts are over their limits; raises `ConfigError` for one without a number."""
    unknown = [kind for kind in limits if kind not in measures]
    if unknown:
        raise ConfigError([f"{FAIL_OVER} {kind}: this part has no number here" for kind in unknown])
    return [
        f"{kind}: {measures[kind].words} {measures[kind].value:.3g}, over {limit:g}"
        for kind, limit in limits.items()
        if measures[kind].value > limit
    ]


def _record(finding: Finding) -> FindingRecord:
    return FindingRecord(
        kind=finding.kind,
        severity=finding.severity,
        level=finding.level,
        subject=finding.subject,
        sentence=finding.sentence,
        remedy=finding.remedy,
        numbers=dict(finding.numbers),
        images=finding.images,
    )
