"""A label file mended by a table of suspicious tags: what a person accepted is added or taken out."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, final

from wsss.data.layouts.base import image_id
from wsss.data.layouts.csv_table import read_table
from wsss.data.layouts.label_csv import IMAGE, LABELS, SPLIT
from wsss.data.layouts.label_file import SEPARATOR, read_labels
from wsss.data.layouts.label_row import LabelRow, composed
from wsss.data.layouts.lines import read_lines
from wsss.data.listing import Problem
from wsss.errors import DataError, one_of
from wsss.store.texts import whole, write_text

Suggestion = Literal["add", "remove"]
ACCEPTED: Final = {"yes": True, "y": True, "x": True, "1": True, "true": True, "no": False, "n": False, "0": False}
ACCEPTED_WORDS: Final = {**ACCEPTED, "false": False, "": False}
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


@final
@dataclass(frozen=True, kw_only=True)
class Fixed:
    """What became of a label file."""

    out: Path
    added: int
    removed: int
    refused: int
    """Lines of the table that nobody accepted."""


def fix(labels: Path, *, table: Path, out: Path, separator: str = SEPARATOR, label_per_line: bool = False) -> Fixed:
    """Write a new label file with the accepted changes; `labels` is left as it is.

    Args:
        labels: A CSV or JSON of labels, as `dataset.labels`.
        table: `tags.csv` of an audit, with its column `accept` filled in.
        out: The new file, of the same kind, CSV or JSON.
        separator: As `dataset.separator`.
        label_per_line: As `dataset.label_per_line`.

    Raises:
        DataError: A file cannot be read, a change does not fit the labels, or `out` is there already.
    """
    if out.suffix.lower() != labels.suffix.lower():
        raise DataError(
            f"{out} is not a {labels.suffix} as {labels}: name the new file {out.with_suffix(labels.suffix)}"
        )
    if out.exists():
        raise DataError(f"{out} is there already: name a new file, the old one is not changed")
    for path in (labels, table):
        if not path.is_file():
            raise DataError(f"{path} is not there: name a label file, and the tags.csv of an audit of it")
    read = list(read_labels(labels, separator=separator, label_per_line=label_per_line))
    rows = [row for row in read if isinstance(row, LabelRow)]
    wrong = [each.why for each in read if isinstance(each, Problem)]
    if wrong:
        raise DataError(f"{one_of(wrong, limit=SHOWN)}")
    changes, refused = read_changes(table)
    mended = apply(rows, changes, labels=labels, table=table)
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out, mended, separator=separator)
    added = sum(change.suggestion == "add" for change in changes)
    return Fixed(out=out, added=added, removed=len(changes) - added, refused=refused)


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
    return changes, refused


def _change(table: Path, line: int, cells: dict[str, str]) -> Change | None:
    accepted = ACCEPTED_WORDS.get(cells["accept"].strip().lower())
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


def apply(rows: Sequence[LabelRow], changes: Sequence[Change], *, labels: Path, table: Path) -> list[LabelRow]:
    """Return the rows with the changes; raises `DataError` for all that do not fit, naming them."""
    place = {image_id(row.image): number for number, row in enumerate(rows)}
    names = [list(row.names) for row in rows]
    wrong = []
    for change in changes:
        number = place.get(change.image)
        if number is None:
            wrong.append(f"line {change.line}: {labels} does not list {change.image!r}")
        elif (change.name in names[number]) == (change.suggestion == "add"):
            state = "already has" if change.suggestion == "add" else "does not have"
            wrong.append(f"line {change.line}: {change.image} {state} {change.name!r}")
        elif change.suggestion == "add":
            names[number].append(change.name)
        else:
            names[number] = [name for name in names[number] if name != change.name]
    if wrong:
        remedy = "is this the table of an audit of these labels?"
        raise DataError(f"{table}: {one_of(wrong, limit=SHOWN)}; {remedy}")
    return [
        LabelRow(image=row.image, names=tuple(own), split=row.split, source=row.source, line=row.line)
        for row, own in zip(rows, names, strict=True)
    ]


def _write(out: Path, rows: Sequence[LabelRow], *, separator: str) -> None:
    if out.suffix.lower() == ".json":
        write_text(out, json.dumps({row.image: list(row.names) for row in rows}, ensure_ascii=False, indent=1) + "\n")
        return
    splits = any(row.split is not None for row in rows)
    with whole(out) as hidden, hidden.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([IMAGE, LABELS, *([SPLIT] if splits else [])])
        for row in rows:
            writer.writerow([row.image, _cell(row.names, separator), *([row.split] if splits else [])])


def _cell(names: Sequence[str], separator: str) -> str:
    """Return labels as a cell; a list in brackets where a name holds what separates them."""
    if any(separator in name for name in names):
        return repr(list(names))
    return separator.join(names)
