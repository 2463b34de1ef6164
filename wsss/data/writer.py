"""Index writers: each turns one layout of images and labels into the same index."""

import os
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import track

from wsss.data.images import find_images, read_mask, read_size
from wsss.data.index import Index, Record
from wsss.errors import ConfigError, DataError, one_of
from wsss.labels import BACKGROUND, IGNORE, check_class_names, label_count, label_names

SHOWN_PROBLEMS: Final = 10
"""So many of a data set's broken files are listed; the rest are counted."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An image as a layout lists it, before the image itself was opened. Paths are relative to the data set's root."""

    id: str
    image: str
    names: tuple[str, ...]
    """Names of the classes that it shows, in any order, repeated or not."""
    source: str
    """Where these names were read, for messages."""
    mask: str | None = None


@dataclass(frozen=True, kw_only=True)
class IndexWriter(ABC):
    """A data set's layout; the fields say where things lie and how they are named."""

    limit: int | None = None
    """Keep the first `limit` images of every split, for a quick look; None keeps all."""

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ConfigError([f"dataset.limit: {self.limit} keeps no image; use 1 or more, or null for all"])

    @abstractmethod
    def index(self, into: Path) -> Index:
        """Read the layout; a writer that makes its own images draws them below `into`.

        Raises `DataError` for files that are missing, damaged or at odds with each other.
        """

    @abstractmethod
    def sources(self) -> tuple[Path, ...]:
        """Return the files and folders whose content defines the data set; none where it is drawn by code."""

    @abstractmethod
    def home(self) -> Path:
        """Return the folder that the index's paths start from: absolute, or relative to `into`."""


def image_id(path: str) -> str:
    """Return the id of an image at a relative path: the path without its suffix, in NFC (macOS decomposes names)."""
    return unicodedata.normalize("NFC", str(PurePosixPath(path).with_suffix("")))


def match_masks(ids: Sequence[str], *, root: Path, folder: str | None) -> dict[str, str]:
    """Return the masks that are there, `<folder>/<id>.png` below `root`, by id; an image may do without.

    Raises `DataError` where the folder is missing, or holds a mask of none of the images.
    """
    if folder is None:
        return {}
    if not (root / folder).is_dir():
        raise DataError(f"there is no folder {root / folder}: name it in `dataset.masks`, or set dataset.masks=null")
    paths = [path for path in find_images(root / folder) if path.lower().endswith(".png")]
    wanted = set(ids)
    masks = {i: f"{folder}/{path}" for path in paths if (i := image_id(path)) in wanted}
    if ids and not masks:
        raise DataError(
            f"{root / folder} holds no mask of any image, such as {ids[0]}.png: name masks like their images, "
            "or set dataset.masks=null"
        )
    return masks


def class_indices(entries: Sequence[Entry], *, classes: Sequence[str]) -> list[tuple[int, ...]]:
    """Return the increasing class indices of every entry; raises `DataError` with all names that are no class."""
    check_class_names(classes)
    number = {name: index for index, name in enumerate(classes)}
    strange = {name: entry.source for entry in reversed(entries) for name in entry.names if name not in number}
    if strange:
        found = one_of([f"{name!r} ({source})" for name, source in sorted(strange.items())], limit=SHOWN_PROBLEMS)
        raise DataError(
            f"names that are no class: {found}; `dataset.classes` has {one_of(classes)}: "
            "correct the label, or add the class"
        )
    return [tuple(sorted({number[name] for name in entry.names})) for entry in entries]


def build_index(
    entries: Sequence[Entry], *, classes: Sequence[str], splits: Mapping[str, Sequence[str]], root: Path
) -> Index:
    """Read the size of every image, check every mask against its image and the classes, and gather the index.

    Raises `DataError` with all files that cannot be used, or with all names that are no class.
    """
    indices = class_indices(entries, classes=classes)
    records: list[Record] = []
    problems: list[str] = []
    drawn: set[int] = set()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        examined = pool.map(lambda entry, own: _examine(entry, own, classes=classes, root=root), entries, indices)
        hidden = not Console().is_terminal
        for result in track(examined, "checking images", total=len(entries), transient=True, disable=hidden):
            if isinstance(result, DataError):
                problems.append(str(result))
            else:
                record, labels = result
                records.append(record)
                drawn |= labels if record.classes else set()
    if problems:
        raise DataError(_listed(problems))
    if drawn <= {BACKGROUND, IGNORE} and IGNORE in drawn:
        raise DataError(f"the masks hold only 0 and 255, which is ignored, and no class: draw {_meanings(classes)}")
    return Index.of(records, classes=classes, splits=splits, root=root)


def _examine(
    entry: Entry, own: tuple[int, ...], *, classes: Sequence[str], root: Path
) -> tuple[Record, set[int]] | DataError:
    """Return the record and the labels that its mask holds, or what is wrong: one bad file must not hide the next."""
    try:
        size = read_size(root / entry.image)
        record = Record(id=entry.id, image=entry.image, size=size, classes=own, mask=entry.mask)
        return record, set() if entry.mask is None else _labels_in(root / entry.mask, record, classes)
    except DataError as error:
        return error


def _labels_in(path: Path, record: Record, classes: Sequence[str]) -> set[int]:
    mask = read_mask(path)
    height, width = mask.shape
    size = record.size
    if (height, width) != (size.height, size.width):
        raise DataError(
            f"{path} is {width} x {height} pixels and its image {record.image} {size.width} x {size.height}: "
            "draw the mask at the image's size"
        )
    labels = set(np.flatnonzero(np.bincount(mask.ravel(), minlength=256)).tolist())
    strange = [label for label in sorted(labels) if not (label < label_count(classes) or label == IGNORE)]
    if strange:
        raise DataError(f"{path} holds the labels {one_of([str(s) for s in strange])}: draw {_meanings(classes)}")
    return labels


def _meanings(classes: Sequence[str]) -> str:
    names = one_of([f"{label} for {name}" for label, name in enumerate(label_names(classes))])
    return f"{names}, and {IGNORE} for pixels to ignore"


def _listed(problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    shown = [f"  {problem}" for problem in problems[:SHOWN_PROBLEMS]]
    rest = len(problems) - len(shown)
    return "\n".join([f"{len(problems)} files cannot be used:", *shown, *([f"  and {rest} more"] if rest else [])])
