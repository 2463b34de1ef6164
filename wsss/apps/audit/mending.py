"""A label file mended by a table of suspicious tags: what a person accepted is added or taken out."""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from wsss.apps.audit.accepted import Change, read_changes
from wsss.data.layouts.base import image_id
from wsss.data.layouts.label_csv import IMAGE, LABELS, SPLIT
from wsss.data.layouts.label_file import SEPARATOR, read_labels
from wsss.data.layouts.label_row import LabelRow
from wsss.data.listing import Problem
from wsss.errors import DataError, one_of
from wsss.store.texts import whole, write_text
from wsss.validation import reason

SHOWN: Final = 5
OTHERS: Final = "is this the table of an audit of these labels?"


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
        DataError: A file cannot be read, a change does not fit the labels, or `out` is there already
            or cannot be written.
    """
    _refuse_paths(labels, table=table, out=out)
    read = list(read_labels(labels, separator=separator, label_per_line=label_per_line))
    rows = [row for row in read if isinstance(row, LabelRow)]
    wrong = [each.why for each in read if isinstance(each, Problem)]
    if wrong:
        raise DataError(f"{one_of(wrong, limit=SHOWN)}")
    changes, refused = read_changes(table)
    mended = apply(rows, changes, labels=labels, table=table)
    with _writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        _write(out, mended, separator=separator, like=labels)
    added = sum(change.suggestion == "add" for change in changes)
    return Fixed(out=out, added=added, removed=len(changes) - added, refused=refused)


def _refuse_paths(labels: Path, *, table: Path, out: Path) -> None:
    """Raise `DataError` for a path that cannot be what it is given as."""
    if labels.is_dir():
        raise DataError(f"{labels} is a folder: name the label file, a CSV or JSON, as in {labels / 'labels.csv'}")
    if table.is_dir():
        raise DataError(f"--with {table} is a folder: name the table in it, as in {table / 'tags.csv'}")
    with _writing(out):
        if out.is_dir():
            raise DataError(f"--out {out} is a folder: name a new file, as in {out / f'fixed{labels.suffix}'}")
        if out.exists():
            raise DataError(f"{out} is there already: name a new file, the old one is not changed")
    if out.suffix.lower() != labels.suffix.lower():
        raise DataError(
            f"{out} is not a {labels.suffix} as {labels}: name the new file {out.with_suffix(labels.suffix)}"
        )
    for path in (labels, table):
        if not path.is_file():
            raise DataError(f"{path} is not there: name a label file, and the tags.csv of an audit of it")


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = reason(error)
        raise DataError(f"--out {out} cannot be written ({why}): name a file in a folder that can be") from error


def apply(rows: Sequence[LabelRow], changes: Sequence[Change], *, labels: Path, table: Path) -> list[LabelRow]:
    """Return the rows with the changes; raises `DataError` for all that do not fit, naming them."""
    place = {image_id(row.image): number for number, row in enumerate(rows)}
    paths = {row.image for row in rows}
    known = sorted({name for row in rows for name in row.names})
    names = [list(row.names) for row in rows]
    wrong, remedies = [], []
    for change in changes:
        number = place.get(change.image)
        if number is None and change.image in paths:
            wrong.append(f"line {change.line}: {change.image!r} is a file's name: write it without its suffix")
        elif number is None:
            wrong.append(f"line {change.line}: {labels} does not list {change.image!r}")
            remedies.append(OTHERS)
        elif change.suggestion == "add" and change.name not in known:
            wrong.append(f"line {change.line}: no label is {change.name!r}")
            remedies.append(f"there are {one_of(known) or 'none'}")
        elif (change.name in names[number]) == (change.suggestion == "add"):
            state = "already has" if change.suggestion == "add" else "does not have"
            wrong.append(f"line {change.line}: {change.image} {state} {change.name!r}")
            remedies.append(OTHERS)
        elif change.suggestion == "add":
            names[number].append(change.name)
        else:
            names[number] = [name for name in names[number] if name != change.name]
    if wrong:
        raise DataError("; ".join([f"{table}: {one_of(wrong, limit=SHOWN)}", *dict.fromkeys(remedies)]))
    return [
        LabelRow(image=row.image, names=tuple(own), split=row.split, source=row.source, line=row.line)
        for row, own in zip(rows, names, strict=True)
    ]


def _write(out: Path, rows: Sequence[LabelRow], *, separator: str, like: Path) -> None:
    """Write labels, with the line ends of the old file."""
    if out.suffix.lower() == ".json":
        write_text(out, json.dumps({row.image: list(row.names) for row in rows}, ensure_ascii=False, indent=1) + "\n")
        return
    splits = any(row.split is not None for row in rows)
    with whole(out) as hidden, hidden.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator=_line_end(like))
        writer.writerow([IMAGE, LABELS, *([SPLIT] if splits else [])])
        for row in rows:
            writer.writerow([row.image, _cell(row.names, separator), *([row.split] if splits else [])])


def _line_end(path: Path) -> str:
    """Return what ends the first line of a file."""
    with path.open("rb") as file:
        return "\r\n" if file.readline().endswith(b"\r\n") else "\n"


def _cell(names: Sequence[str], separator: str) -> str:
    """Return labels as a cell; a list in brackets where a name holds what separates them."""
    if any(separator in name for name in names):
        return repr(list(names))
    return separator.join(names)
