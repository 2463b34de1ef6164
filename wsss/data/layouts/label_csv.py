"""Image-level labels in CSV: a column of labels, or a column for each class."""

from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from wsss.data.layouts.csv_table import CsvTable, Line, read_table
from wsss.data.layouts.label_row import LabelRow, composed, stripped
from wsss.data.layouts.lines import read_lines
from wsss.data.listing import Note, Problem
from wsss.errors import brief, one_of

IMAGE: Final = "image"
LABELS: Final = "labels"
SPLIT: Final = "split"
COLUMNS: Final = (IMAGE, LABELS, SPLIT)
"""Names of columns, which the header may write in capitals; others are classes."""
HEADERS: Final = ([IMAGE, LABELS], [IMAGE, LABELS, SPLIT])
CSV_FORM: Final = "`image,labels` or `image,labels,split`, with a line such as `cat 1.jpg,cat;dog` for every image"
MARKS: Final = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
"""The cells of a table with a column for each class, in lower case."""

NamesOf = Callable[[Mapping[str, str]], tuple[str, ...] | None]
"""Returns the labels in a line's cells, None where they cannot be told."""


def read_csv_labels(path: Path, *, separator: str) -> Iterator[LabelRow | Problem | Note]:
    """Yield a row for every image of a CSV, how it was read, and what is wrong with it."""
    lines, problems = read_lines(path, kind="label")
    yield from problems
    if problems and not lines:
        return
    table = read_table(path, lines, key=IMAGE)
    if isinstance(table, Problem):
        yield table
        return
    header = [name.lower() if name.lower() in COLUMNS else composed(name) for name in table.names]
    second = next(table.rows, None)
    names_of = _form(path, table, header=header, second=second, separator=separator)
    if isinstance(names_of, Problem):
        yield names_of
        return
    yield from (Note(text=note) for note in table.notes)
    if LABELS not in header:
        yield Note(text=f"{path.name} has a column for each class: {one_of(_classes(header))}")
    for line in chain([] if second is None else [second], table.rows):
        yield line if isinstance(line, Problem) else _row(path, line, header=header, names_of=names_of)


def _form(
    path: Path, table: CsvTable, *, header: Sequence[str], second: Line | Problem | None, separator: str
) -> NamesOf | Problem:
    """Return how labels are read from cells, by the header and the first line below it."""
    if sorted(header) in HEADERS:
        return partial(_listed, separator=separator)
    why = f"{path}, line {table.line}: {brief(','.join(table.names))}"
    if IMAGE not in header or LABELS in header or not _classes(header) or second is None:
        return Problem(kind="label", why=f"{why} is not the header: write {CSV_FORM}")
    if twice := [name for name in header if header.count(name) > 1]:
        return Problem(kind="label", why=f"{why} names the column {twice[0]!r} twice: give every column one name")
    if isinstance(second, Problem) or _marked(dict(zip(header, second[1], strict=True))) is not None:
        return _marked
    what = f"has no column `labels`, and line {second[0]} does not have 0 or 1 for each class"
    return Problem(kind="label", why=f"{why} {what}: write {CSV_FORM}, or 0 and 1 in a column for each class")


def _classes(header: Sequence[str]) -> list[str]:
    return [name for name in header if name not in COLUMNS]


def _row(path: Path, line: Line, *, header: Sequence[str], names_of: NamesOf) -> LabelRow | Problem:
    number, values = line
    source, name = f"{path}, line {number}", f"line {number}"
    cells = dict(zip(header, values, strict=True))
    if not all(cells[column] for column in (IMAGE, SPLIT) if column in cells):
        why = f"{source} has an empty column; only `labels` may be empty, for an image that shows no class"
        return Problem(kind="label", why=why, name=name, complaint="empty column")
    names = names_of(cells)
    if names is None:
        why = f"{source} has a cell that is neither 0 nor 1: write 1 where the image shows the class, else 0"
        return Problem(kind="label", why=why, name=name, complaint="neither 0 nor 1")
    image = composed(cells[IMAGE])
    return LabelRow(image=image, names=names, split=cells.get(SPLIT), source=source, line=number)


def _listed(cells: Mapping[str, str], *, separator: str) -> tuple[str, ...]:
    cell = cells[LABELS]
    names = _list_in(cell)
    return stripped(cell.split(separator) if names is None else names)


def _marked(cells: Mapping[str, str]) -> tuple[str, ...] | None:
    marks = {name: MARKS.get(cells[name].lower()) for name in cells if name not in COLUMNS}
    if None in marks.values():
        return None
    return tuple(name for name, mark in marks.items() if mark)


def _list_in(cell: str) -> list[str] | None:
    """Return the names of a cell such as `['cat', 'dog']`; None for a cell that holds no such list."""
    if not (cell.startswith("[") and cell.endswith("]")):
        return None
    try:
        names = literal_eval(cell)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None
