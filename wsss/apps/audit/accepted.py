"""The changes that a person accepted in a table of suspicious tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, final

from wsss.data.layouts.csv_table import read_table
from wsss.data.layouts.label_csv import IMAGE
from wsss.data.layouts.label_row import composed
from wsss.data.layouts.lines import read_lines
from wsss.data.listing import Problem
from wsss.errors import DataError, one_of

Suggestion = Literal["add", "remove"]
ACCEPTED: Final = dict.fromkeys(("yes", "y", "x", "1", "true"), True)
REFUSED: Final = dict.fromkeys(("no", "n", "0", "false", ""), False)
WORDS: Final = ACCEPTED | REFUSED
"""What the column `accept` may hold, in small letters; an empty cell is a no."""
COLUMNS: Final = (IMAGE, "class", "suggestion", "accept")
SHOWN: Final = 5


@final
@dataclass(frozen=True, kw_only=True)
class Change:
    """One accepted line of the table."""

    image: str
    name: str
    suggestion: Suggestion
    line: int


def read_changes(table: Path) -> tuple[list[Change], int]:
    """Return the accepted lines of a table, and how many are not; raises `DataError` that names what is wrong."""
    lines, problems = read_lines(table, kind="label")
    found = problems[0] if problems else read_table(table, lines, key=IMAGE)
    if isinstance(found, Problem):
        raise DataError(found.why)
    names = [name.lower() for name in found.names]
    if missing := [column for column in COLUMNS if column not in names]:
        remedy = "give the tags.csv that `wsss data audit` wrote"
        raise DataError(f"{table} has no column {one_of(missing)}: {remedy}")
    changes, refused = [], 0
    for row in found.rows:
        if isinstance(row, Problem):
            raise DataError(row.why)
        number, cells = row
        by_name = dict(zip(names, cells, strict=True))
        change = _change(table, number, by_name)
        refused += change is None
        changes += [] if change is None else [change]
    if not changes:
        raise DataError(f"{table} has no yes in its column accept: write yes where the suggestion is right")
    if twice := _twice(changes):
        raise DataError(f"{table}: {one_of(twice, limit=SHOWN)}: keep one line for an image and a class")
    return changes, refused


def _twice(changes: Sequence[Change]) -> list[str]:
    """Say which lines are about an image and a class that an earlier line is about."""
    first: dict[tuple[str, str], Change] = {}
    said = []
    for change in changes:
        before = first.setdefault((change.image, change.name), change)
        if before is change:
            continue
        same = before.suggestion == change.suggestion
        does = f"both {change.suggestion}" if same else "add and remove"
        said.append(f"lines {before.line} and {change.line} {does} {change.name!r} at {change.image}")
    return said


def _change(table: Path, line: int, cells: dict[str, str]) -> Change | None:
    accepted = WORDS.get(cells["accept"].strip().lower())
    if accepted is None:
        raise DataError(f"{table}, line {line}: accept is {cells['accept']!r}: write yes, no or nothing")
    if not accepted:
        return None
    suggestion = cells["suggestion"].strip().lower()
    if suggestion not in ("add", "remove"):
        raise DataError(f"{table}, line {line}: suggestion is {cells['suggestion']!r}: it is add or remove")
    # A text that a spreadsheet would compute was written with an apostrophe before it.
    image, name = (composed(cells[key].removeprefix("'")) for key in (IMAGE, "class"))
    return Change(image=image, name=name, suggestion="add" if suggestion == "add" else "remove", line=line)
