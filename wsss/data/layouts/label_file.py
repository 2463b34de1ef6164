"""Image-level labels in one file: a CSV or JSON table of image names and what each image shows."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from wsss.data.layouts.label_csv import CSV_FORM, read_csv_labels
from wsss.data.layouts.label_json import JSON_FORM, read_json_labels
from wsss.data.layouts.label_row import LabelRow
from wsss.data.listing import Note, Problem
from wsss.errors import brief

SEPARATOR: Final = ";"
"""Between the labels of one image."""

Rows = Iterator[LabelRow | Problem | Note]


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
    readers: dict[str, Callable[[Path], Rows]] = {
        ".csv": partial(read_csv_labels, separator=separator),
        ".json": read_json_labels,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        yield _problem(f"{path} is neither .csv nor .json: write labels as {CSV_FORM}, or as {JSON_FORM}")
        return
    empty = True
    for row in _each_once(reader(path), path=path, joined=label_per_line):
        empty = empty and isinstance(row, Note)
        yield row
    if empty:
        form = JSON_FORM if path.suffix.lower() == ".json" else CSV_FORM
        yield _problem(f"{path} lists no image: write {form}")


def _each_once(rows: Rows, *, path: Path, joined: bool) -> Rows:
    first: dict[str, LabelRow] = {}
    for row in rows:
        if not isinstance(row, LabelRow):
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
    image = brief(second.image)
    lines = "" if second.line is None else f", in lines {first.line} and {second.line}"
    name = image if second.line is None else f"{image} in line {second.line}"
    why = f"{path} lists {image} twice{lines}"
    if first.split != second.split:
        why = f"{why}, in the splits {first.split!r} and {second.split!r}: keep one"
        return Problem(kind="label", why=why, name=name, complaint="two splits")
    names = tuple(dict.fromkeys((*first.names, *second.names)))
    if set(names) == set(first.names) == set(second.names):
        return Problem(kind="label", why=f"{why}: keep one", name=name, complaint="repeated")
    remedy = f"{_together(second, names)}, or set dataset.label_per_line=true, which joins those of all lines"
    if second.line is None:
        remedy = _together(second, names)
    return Problem(kind="label", why=f"{why}, with other labels: {remedy}", name=name, complaint="other labels")


def _together(row: LabelRow, names: Sequence[str]) -> str:
    """Return the remedy that joins labels, written as the file writes them: without lines it is JSON."""
    if row.line is None:
        return f"join their labels, `{json.dumps({row.image: names}, ensure_ascii=False)[1:-1]}`"
    return f"join their labels, `{row.image},{SEPARATOR.join(names)}`"


def _problem(why: str) -> Problem:
    return Problem(kind="label", why=why)
