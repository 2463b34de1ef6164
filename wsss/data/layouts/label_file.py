"""Image-level labels in one file: a CSV or JSON table of image names and what each image shows."""

import csv
import io
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wsss.errors import DataError

SEPARATOR: Final = ";"
"""Between the labels of one image."""
CSV_FORM: Final = "`image,labels` or `image,labels,split`, with a line such as `cat 1.jpg,cat;dog` for every image"
JSON_FORM: Final = '{"cat 1.jpg": ["cat", "dog"], "empty.jpg": []}'


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


def read_labels(path: Path) -> tuple[LabelRow, ...]:
    """Read a label file in the form that its suffix names, `.csv` or `.json`.

    A CSV starts with the header `image,labels` or `image,labels,split`, and separates the labels of one image by `;`.
    A JSON file maps images to lists of labels. Raises `DataError` for another form or a repeated image.
    """
    readers: dict[str, Callable[[Path], tuple[LabelRow, ...]]] = {".csv": _read_csv, ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path} is neither .csv nor .json: write labels as {CSV_FORM}, or as {JSON_FORM}")
    rows = reader(path)
    if not rows:
        form = JSON_FORM if path.suffix.lower() == ".json" else CSV_FORM
        raise DataError(f"{path} lists no image: write {form}")
    return rows


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark.

    Raises `DataError` for another encoding, and for a file that may not be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line}: this is not UTF-8 ({error.reason}): save it as UTF-8") from error
    except PermissionError as error:
        raise DataError(f"{path} may not be read by you: change its permissions") from error


def _read_csv(path: Path) -> tuple[LabelRow, ...]:
    lines = _csv_lines(path)
    first, names = lines.pop(0) if lines else (1, [])
    header = [name.strip() for name in names]
    if sorted(header) not in (["image", "labels"], ["image", "labels", "split"]):
        raise DataError(f"{path}, line {first}: {','.join(header)!r} is not the header: write {CSV_FORM}")
    rows = []
    seen: dict[str, int] = {}
    for number, values in lines:
        row = _csv_row(path, number, header, values)
        if row.image in seen:
            raise DataError(f"{path} lists {row.image!r} twice, in lines {seen[row.image]} and {number}: keep one")
        seen[row.image] = number
        rows.append(row)
    return tuple(rows)


def _csv_lines(path: Path) -> list[tuple[int, list[str]]]:
    """Return (line number, columns) of every line that is not blank."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        return [(reader.line_num, values) for values in reader if any(value.strip() for value in values)]
    except csv.Error as error:
        raise DataError(
            f"{path}, line {reader.line_num}: {error}; put names with quotes or commas in quotes"
        ) from error


def _csv_row(path: Path, number: int, header: list[str], values: list[str]) -> LabelRow:
    source = f"{path}, line {number}"
    if len(values) != len(header):
        raise DataError(
            f"{source} has {len(values)} columns and the header {len(header)}: separate labels with {SEPARATOR!r}, "
            "and put names with commas in quotes"
        )
    cells = {name: value.strip() for name, value in zip(header, values, strict=True)}
    if not all(cells[name] for name in header if name != "labels"):
        raise DataError(f"{source} has an empty column; only `labels` may be empty, for an image that shows no class")
    names = tuple(_composed(name.strip()) for name in cells["labels"].split(SEPARATOR) if name.strip())
    return LabelRow(image=_composed(cells["image"]), names=names, split=cells.get("split"), source=source)


def _read_json(path: Path) -> tuple[LabelRow, ...]:
    def unique(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
        repeated = [image for image, times in Counter(_composed(image) for image, _ in pairs).items() if times > 1]
        if repeated:
            raise DataError(f"{path} lists {repeated[0]!r} twice: keep one")
        return dict(pairs)

    try:
        table = json.loads(read_text(path), object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise DataError(f"{path} is not JSON ({error}): write {JSON_FORM}") from error
    if not isinstance(table, dict):
        raise DataError(f"{path} holds no object of images: write {JSON_FORM}")
    return tuple(_json_row(path, image, names) for image, names in table.items())


def _json_row(path: Path, image: str, names: object) -> LabelRow:
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        raise DataError(f"{path}: the labels of {image!r} are not a list of names: write {JSON_FORM}")
    stripped = tuple(_composed(name.strip()) for name in names)
    return LabelRow(image=_composed(image), names=stripped, split=None, source=f"{path}, {image!r}")


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)
