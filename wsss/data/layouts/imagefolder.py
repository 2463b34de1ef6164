"""Image folders of Hugging Face's `datasets` with `metadata.jsonl` or `metadata.csv`, at the top or in each split."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from wsss.data.layouts.annotated_images import AnnotatedImage, AnnotatedImages, Reading
from wsss.data.layouts.label_cell import COLUMNS, read_cell
from wsss.data.layouts.lines import read_lines
from wsss.data.listing import Problem
from wsss.errors import DataError, one_of
from wsss.validation import early_end_of

FILES: Final = ("metadata.jsonl", "metadata.csv")
IMAGE: Final = "file_name"
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
        names, boxes = read_cell(row[column], classes=self.classes, separator=self.separator)
        place = folder.relative_to(self.home()) / name
        return AnnotatedImage(image=place.as_posix(), names=names, source=source, split=split, boxes=boxes)


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
    except (ValueError, RecursionError) as error:
        if early := early_end_of(line.rstrip().encode()):
            return DataError(f"is {early} of the line: copy the file again, or mend the line")
        return DataError(f"is not JSON ({str(error)[:100]}): write an object a line")
    return row if isinstance(row, dict) else DataError('is not an object: write `{"file_name": ..., "label": ...}`')
