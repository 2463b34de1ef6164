"""A cell of labels, as tables in JSON hold it: a name, a number, a list of either, or objects with boxes."""

from collections.abc import Sequence
from typing import Any, Final

from wsss.boxes.box import Box
from wsss.errors import DataError, brief

COLUMNS: Final = ("labels", "label", "tags", "classes", "class", "objects", "category", "categories")
"""Where labels are looked for when no column is named, the first that is there."""

Cell = tuple[tuple[str, ...], tuple[tuple[str, Box], ...]]
"""Names of classes, and names with their true boxes."""


def read_cell(cell: Any, *, classes: Sequence[str] | None, separator: str | None = None) -> Cell:
    """Return the names and the boxes of a cell; raises `DataError` with what is wrong with it.

    Args:
        cell: A name, a number that counts in `classes`, a list of either, or objects with `categories` and `bbox`.
        classes: The data set's classes; None where they are not known.
        separator: What separates the labels of a cell that is one text; None: such a cell is one label.
    """
    if isinstance(cell, dict):
        every = cell.get("categories", cell.get("category", cell.get("label")))
        if not isinstance(every, list):
            raise DataError("has objects without a list of `categories`: write one beside `bbox`")
        names = [_name(each, classes) for each in every]
        spans = cell.get("bbox", [])
        boxes = [(name, box) for name, span in zip(names, spans, strict=False) if (box := _box(span)) is not None]
        return tuple(dict.fromkeys(names)), tuple(boxes)
    if isinstance(cell, str) and separator:
        cell = [each.strip() for each in cell.split(separator)]
    every = cell if isinstance(cell, list) else [cell]
    return tuple(dict.fromkeys(_name(each, classes) for each in every if each not in ("", None))), ()


def _name(label: Any, classes: Sequence[str] | None) -> str:
    if isinstance(label, str):
        return label.strip()
    if isinstance(label, bool) or not isinstance(label, int):
        raise DataError(f"has the label {brief(str(label))}: write names")
    if classes is None:
        raise DataError(f"has the number {label} for a label: name the classes in `dataset.classes`, from 0 on")
    if not 0 <= label < len(classes):
        last = f"whose numbers are 0 .. {len(classes) - 1}"
        raise DataError(
            f"has the number {label} for a label: correct it, or add the class to `dataset.classes`, {last}"
        )
    return classes[label]


def _box(span: Any) -> Box | None:
    """Return a box of x, y, width and height in pixels; None for what is none."""
    if not isinstance(span, list) or len(span) != 4 or not all(isinstance(each, int | float) for each in span):
        return None
    left, top, across, down = span
    return Box(left=left, top=top, right=left + across, bottom=top + down) if across > 0 and down > 0 else None
