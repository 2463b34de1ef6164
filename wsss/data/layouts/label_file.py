"""Image-level labels in one file: a CSV or JSON table of image names and what each image shows."""

import csv
import json
import unicodedata
from ast import literal_eval
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeGuard

from wsss.data.layouts.lines import read_lines
from wsss.data.listing import Problem

SEPARATOR: Final = ";"
"""Between the labels of one image."""
CSV_FORM: Final = "`image,labels` or `image,labels,split`, with a line such as `cat 1.jpg,cat;dog` for every image"
JSON_FORM: Final = '{"cat 1.jpg": ["cat", "dog"], "empty.jpg": []}'
HEADERS: Final = (["image", "labels"], ["image", "labels", "split"])
MARKS: Final = ("0", "1")
"""The cells of a table with a column for each class."""


@dataclass(frozen=True, kw_only=True)
class LabelRow:
    """One image in a label file."""

    image: str
    """A path relative to the folder of images, in NFC (macOS decomposes names)."""
    names: tuple[str, ...]
    """Classes that the image shows; none for a negative."""
    split: str | None
    """None where the file says nothing about splits."""
    source: str
    """The file, and its line where it has lines, for messages."""
    line: int | None = None


Rows = Iterator[LabelRow | Problem]


def read_labels(path: Path, *, separator: str = SEPARATOR, label_per_line: bool = False) -> Rows:
    """Yield what is wrong with a label file and its rows, in the form that its suffix names, `.csv` or `.json`.

    A CSV starts with the header `image,labels` or `image,labels,split`; in place of `labels` it may have a column of 0
    and 1 for each class. A cell of labels may also be a list, as Python and JSON write it. A JSON file maps images to
    lists of labels. A row that repeats an image is a problem and left out.

    Args:
        path: The file.
        separator: What separates the labels of one image in a CSV.
        label_per_line: Whether the rows of one image hold a label each, and are joined.
    """
    readers: dict[str, Callable[[Path], Rows]] = {".csv": partial(_read_csv, separator=separator), ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        yield _problem(f"{path} is neither .csv nor .json: write labels as {CSV_FORM}, or as {JSON_FORM}")
        return
    empty = True
    for row in _each_once(reader(path), path=path, joined=label_per_line):
        empty = False
        yield row
    if empty:
        form = JSON_FORM if path.suffix.lower() == ".json" else CSV_FORM
        yield _problem(f"{path} lists no image: write {form}")


def _each_once(rows: Rows, *, path: Path, joined: bool) -> Rows:
    first: dict[str, LabelRow] = {}
    for row in rows:
        if isinstance(row, Problem):
            yield row
            continue
        before = first.setdefault(row.image, row)
        if before is row:
            continue
        if joined and before.split == row.split:
            first[row.image] = replace(before, names=(*before.names, *row.names))
        else:
            yield _repeated(path, before, row)
    yield from first.values()


def _repeated(path: Path, first: LabelRow, second: LabelRow) -> Problem:
    lines = "" if second.line is None else f", in lines {first.line} and {second.line}"
    name = f"{second.image!r}" if second.line is None else f"{second.image!r} in line {second.line}"
    why = f"{path} lists {second.image!r} twice{lines}"
    if first.split != second.split:
        why = f"{why}, in the splits {first.split!r} and {second.split!r}: keep one"
        return Problem(kind="label", why=why, name=name, complaint="two splits")
    names = tuple(dict.fromkeys((*first.names, *second.names)))
    if set(names) == set(first.names) == set(second.names):
        return Problem(kind="label", why=f"{why}: keep one", name=name, complaint="repeated")
    together = f"{second.image},{SEPARATOR.join(names)}"
    remedy = f"join their labels, `{together}`, or set dataset.label_per_line=true, which joins those of all lines"
    return Problem(kind="label", why=f"{why}, with other labels: {remedy}", name=name, complaint="other labels")


def _read_csv(path: Path, *, separator: str) -> Rows:
    lines, problems = read_lines(path, kind="label")
    yield from problems
    if problems and not lines:
        return
    table = _csv_lines(path, lines)
    first = next(table, (1, []))
    if isinstance(first, Problem):
        yield first
        return
    header = [_composed(name.strip()) for name in first[1]]
    second = next(table, None)
    marked = _has_marks(header, second)
    if sorted(header) not in HEADERS and not marked:
        yield _problem(f"{path}, line {first[0]}: {','.join(header)!r} is not the header: write {CSV_FORM}")
        return
    names_of = _marked if marked else partial(_listed, separator=separator)
    for line in (*([] if second is None else [second]), *table):
        yield line if isinstance(line, Problem) else _csv_row(path, line, header=header, names_of=names_of)


def _csv_lines(path: Path, lines: Sequence[str]) -> Iterator[tuple[int, list[str]] | Problem]:
    """Yield (line number, columns) of every line that is not blank."""
    reader = csv.reader(lines, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _problem(f"{path}, line {start}: {error}; put names with quotes or commas in quotes")
            continue
        if any(value.strip() for value in values):
            yield reader.line_num, values


def _has_marks(header: Sequence[str], line: tuple[int, list[str]] | Problem | None) -> bool:
    """Whether a table has a column for each class, by its header and its first line."""
    if line is None or isinstance(line, Problem) or "image" not in header or "labels" in header:
        return False
    marks = [value.strip() for name, value in zip(header, line[1], strict=False) if name not in ("image", "split")]
    return len(set(header)) == len(header) and bool(marks) and set(marks) <= set(MARKS)


NamesOf = Callable[[Mapping[str, str]], tuple[str, ...] | None]
"""Returns the labels in a line's cells, None where they cannot be told."""


def _csv_row(
    path: Path, line: tuple[int, list[str]], *, header: Sequence[str], names_of: NamesOf
) -> LabelRow | Problem:
    number, values = line
    source, name = f"{path}, line {number}", f"line {number}"
    if len(values) != len(header):
        why = f"{source} has {len(values)} columns and the header {len(header)}"
        remedy = f"separate labels with {SEPARATOR!r}, and put names with commas in quotes"
        return Problem(kind="label", why=f"{why}: {remedy}", name=name, complaint=f"{len(values)} columns")
    cells = {column: value.strip() for column, value in zip(header, values, strict=True)}
    if not all(cells[column] for column in ("image", "split") if column in cells):
        why = f"{source} has an empty column; only `labels` may be empty, for an image that shows no class"
        return Problem(kind="label", why=why, name=name, complaint="empty column")
    names = names_of(cells)
    if names is None:
        why = f"{source} has a cell that is neither 0 nor 1: write 1 where the image shows the class, else 0"
        return Problem(kind="label", why=why, name=name, complaint="neither 0 nor 1")
    image = _composed(cells["image"])
    return LabelRow(image=image, names=names, split=cells.get("split"), source=source, line=number)


def _listed(cells: Mapping[str, str], *, separator: str) -> tuple[str, ...]:
    cell = cells["labels"]
    names = _list_in(cell)
    return _stripped(cell.split(separator) if names is None else names)


def _marked(cells: Mapping[str, str]) -> tuple[str, ...] | None:
    marks = {name: cell for name, cell in cells.items() if name not in ("image", "split")}
    if not set(marks.values()) <= set(MARKS):
        return None
    return tuple(name for name, mark in marks.items() if mark == MARKS[1])


def _list_in(cell: str) -> list[str] | None:
    """Return the names of a cell such as `['cat', 'dog']`; None for a cell that holds no such list."""
    if not (cell.startswith("[") and cell.endswith("]")):
        return None
    try:
        names = literal_eval(cell)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order, repeated ones included."""


def _read_json(path: Path) -> Rows:
    lines, problems = read_lines(path, kind="label")
    yield from problems
    if problems:
        return
    try:
        table = json.loads("".join(lines), object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        yield _problem(f"{path} is not JSON ({error}): write {JSON_FORM}")
        return
    except RecursionError:
        yield _problem(f"{path} is nested too deeply: write {JSON_FORM}")
        return
    if not isinstance(table, _Pairs):
        yield _problem(f"{path} holds no object of images: write {JSON_FORM}")
        return
    for image, names in table:
        yield _json_row(path, image, names)


def _json_row(path: Path, image: str, names: object) -> LabelRow | Problem:
    if not _is_list_of_names(names):
        why = f"{path}: the labels of {image!r} are not a list of names: write {JSON_FORM}"
        return Problem(kind="label", why=why, name=f"{image!r}", complaint="no list of names")
    return LabelRow(image=_composed(image), names=_stripped(names), split=None, source=f"{path}, {image!r}")


def _is_list_of_names(names: object) -> TypeGuard[list[str]]:
    if not isinstance(names, list) or isinstance(names, _Pairs):
        return False
    return all(isinstance(name, str) and name.strip() for name in names)


def _stripped(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(_composed(name.strip()) for name in names if name.strip())


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _problem(why: str) -> Problem:
    return Problem(kind="label", why=why)
