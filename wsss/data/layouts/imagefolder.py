"""Image folders of Hugging Face's `datasets` with `metadata.jsonl` or `metadata.csv`, at the top or in each split."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from wsss.boxes.box import Box
from wsss.data.layouts.annotated_images import AnnotatedImage, AnnotatedImages, Reading
from wsss.data.layouts.lines import read_lines
from wsss.data.listing import Problem
from wsss.errors import DataError, brief, one_of

FILES: Final = ("metadata.jsonl", "metadata.csv")
IMAGE: Final = "file_name"
COLUMNS: Final = ("labels", "label", "tags", "classes", "class", "objects", "category", "categories")
"""Where labels are looked for when no column is named, the first that is there."""
SPLITS: Final = {"train": "train", "validation": "val", "valid": "val", "val": "val", "dev": "val", "test": "test"}

Row = dict[str, Any]


@final
@dataclass(frozen=True, kw_only=True)
class ImageFolder(AnnotatedImages):
    """A line of metadata names an image and says in a column what it shows.

    A cell holds a name, a list of names, or objects with `categories` and `bbox`; numbers count in `dataset.classes`.
    Folders of images without metadata are read by `dataset=folder dataset.labels=null`.
    """

    labels: str | None = None
    """The column of labels. None: the first of the usual names."""
    separator: str | None = None
    """What separates the labels of a cell that is one text; None: such a cell is one label."""

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Find metadata at the top, or in folders of splits."""
        del given
        return {} if _metadata(root) else None

    def folder(self) -> str:
        """Return the folder of everything."""
        return "."

    def files(self) -> tuple[Path, ...]:
        """Return nothing: metadata lie among the images."""
        return ()

    def read(self) -> Reading:
        """See `AnnotatedImages`."""
        paths = _metadata(self.home())
        if not paths:
            why = f"{self.home()} has no {' or '.join(FILES)}: write a line `file_name,label` for every image"
            return Reading(problems=(Problem(kind="label", why=why),))
        images, problems = [], []
        for path, split in paths:
            for number, row in _rows(path):
                source = f"{path.relative_to(self.home())}, line {number}"
                try:
                    images.append(self._image(row, path.parent, source=source, split=split))
                except DataError as error:
                    why = f"{source}: {error}"
                    problems.append(Problem(kind="label", why=why, name=f"line {number}", complaint=str(error)))
        return Reading(images=images, problems=problems)

    def _image(self, row: Row | DataError, folder: Path, *, source: str, split: str | None) -> AnnotatedImage:
        if isinstance(row, DataError):
            raise row
        name = row.get(IMAGE)
        if not isinstance(name, str) or not name:
            raise DataError(f"has no {IMAGE}: write the image's path beside the metadata")
        column = self.labels or next((each for each in COLUMNS if each in row), None)
        if column is None or column not in row:
            has = one_of([each for each in row if each != IMAGE]) or "no other column"
            raise DataError(f"has no column of labels ({has}): name it in `dataset.labels`")
        names, boxes = self._labels(row[column])
        place = folder.relative_to(self.home()) / name
        return AnnotatedImage(image=place.as_posix(), names=names, source=source, split=split, boxes=boxes)

    def _labels(self, cell: Any) -> tuple[tuple[str, ...], tuple[tuple[str, Box], ...]]:
        """Return the names and the boxes of a cell."""
        if isinstance(cell, dict):
            every = cell.get("categories", cell.get("category", cell.get("label")))
            if not isinstance(every, list):
                raise DataError("has objects without a list of `categories`: write one beside `bbox`")
            names = [self._name(each) for each in every]
            spans = cell.get("bbox", [])
            boxes = [(name, box) for name, span in zip(names, spans, strict=False) if (box := _box(span)) is not None]
            return tuple(dict.fromkeys(names)), tuple(boxes)
        if isinstance(cell, str) and self.separator:
            cell = [each.strip() for each in cell.split(self.separator)]
        every = cell if isinstance(cell, list) else [cell]
        return tuple(dict.fromkeys(self._name(each) for each in every if each not in ("", None))), ()

    def _name(self, label: Any) -> str:
        if isinstance(label, str):
            return label.strip()
        if isinstance(label, bool) or not isinstance(label, int):
            raise DataError(f"has the label {brief(str(label))}: write names")
        if self.classes is None or not 0 <= label < len(self.classes):
            raise DataError(f"has the number {label} for a label: name the classes in `dataset.classes`, from 0 on")
        return self.classes[label]


def _box(span: Any) -> Box | None:
    """Return a box of x, y, width and height in pixels; None for what is none."""
    if not isinstance(span, list) or len(span) != 4 or not all(isinstance(each, int | float) for each in span):
        return None
    left, top, across, down = span
    return Box(left=left, top=top, right=left + across, bottom=top + down) if across > 0 and down > 0 else None


def _metadata(root: Path) -> list[tuple[Path, str | None]]:
    """Return files of metadata with their splits: those of folders of splits or, without any, the one at the top."""
    folders = [each for each in sorted(root.glob("*/")) if each.name.lower() in SPLITS]
    below = [(each / name, SPLITS[each.name.lower()]) for each in folders for name in FILES if (each / name).is_file()]
    at_top: list[tuple[Path, str | None]] = [(root / name, None) for name in FILES if (root / name).is_file()]
    return [*below] or at_top[:1]


def _rows(path: Path) -> Iterator[tuple[int, Row | DataError]]:
    lines, problems = read_lines(path, kind="label")
    if problems:
        yield 1, DataError(problems[0].why)
        return
    if path.suffix == ".csv":
        for number, row in enumerate(csv.DictReader(lines), start=2):
            yield number, {key: value for key, value in row.items() if key is not None}
        return
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _object(line)


def _object(line: str) -> Row | DataError:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        return DataError(f"is not JSON ({str(error)[:100]}): write an object a line")
    return row if isinstance(row, dict) else DataError('is not an object: write `{"file_name": ..., "label": ...}`')
