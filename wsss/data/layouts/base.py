"""Layouts of data sets: each turns its way of storing images and labels into the same index."""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from wsss.configurable import Configurable
from wsss.data.examine import SHOWN_PROBLEMS, Finding, examine_all, meanings, refuse
from wsss.data.images import find_images
from wsss.data.index import Index, Record
from wsss.errors import ConfigError, DataError, one_of
from wsss.labels import BACKGROUND, IGNORE, check_class_names

LARGE: Final = 16_000_000
"""Pixels from which on a person is told what an image costs: networks look at whole ones, at up to twice their size."""

OnBadImage = Literal["refuse", "skip"]
"""What becomes of images that cannot be read: nothing is indexed, or they are left out and noted."""


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
class Layout(Configurable, ABC):
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

    def content(self) -> dict[str, tuple[Path, ...]]:
        """The data set's files count by their bytes, wherever `root` is."""
        sources = self.sources()
        return {"root": sources} if sources else {}

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
    paths = [path for path in find_images(masks_folder(root, folder)) if path.lower().endswith(".png")]
    wanted = set(ids)
    masks = {i: f"{folder}/{path}" for path in paths if (i := image_id(path)) in wanted}
    if ids and not masks:
        raise DataError(
            f"{root / folder} holds no mask of any image, such as {ids[0]}.png: name masks like their images, "
            "or set dataset.masks=null"
        )
    return masks


def masks_folder(root: Path, name: str) -> Path:
    """Return the folder of the masks; raises `DataError` where it is missing."""
    if not (root / name).is_dir():
        raise DataError(f"there is no folder {root / name}: name it in `dataset.masks`, or set dataset.masks=null")
    return root / name


def class_indices(entries: Sequence[Entry], *, classes: Sequence[str]) -> list[tuple[int, ...]]:
    """Return the increasing class indices of every entry; raises `DataError` with all names that are not classes."""
    check_class_names(classes)
    number = {name: index for index, name in enumerate(classes)}
    strange = {name: entry.source for entry in reversed(entries) for name in entry.names if name not in number}
    if strange:
        found = one_of([f"{name!r} ({source})" for name, source in sorted(strange.items())], limit=SHOWN_PROBLEMS)
        raise DataError(
            f"names that are not classes: {found}; `dataset.classes` has {one_of(classes)}: "
            "correct the label, or add the class"
        )
    return [tuple(sorted({number[name] for name in entry.names})) for entry in entries]


def build_index(
    entries: Sequence[Entry],
    *,
    classes: Sequence[str],
    splits: Mapping[str, Sequence[str]],
    root: Path,
    on_bad_image: OnBadImage = "refuse",
    notes: Sequence[str] = (),
) -> Index:
    """Decode every image, check every mask against its image and the classes, and gather the index.

    Raises `DataError` with all files that cannot be used, or with all names that are not classes. Images that are left
    out are noted, beside the `notes` of the writer.
    """
    indices = class_indices(entries, classes=classes)
    files = [(root / entry.image, root / entry.mask if entry.mask else None) for entry in entries]
    found = examine_all(files, classes=classes)
    skipped = {
        entry.id: each.why.removeprefix(f"{root}/")
        for entry, each in zip(entries, found, strict=True)
        if each.broken == "image" and on_bad_image == "skip"
    }
    refuse([each for entry, each in zip(entries, found, strict=True) if each.broken and entry.id not in skipped])
    _refuse_unnamed([each for own, each in zip(indices, found, strict=True) if own], classes=classes)
    records = [
        Record(id=entry.id, image=entry.image, size=each.size, classes=own, mask=entry.mask)
        for entry, own, each in zip(entries, indices, found, strict=True)
        if each.size is not None
    ]
    every = (*notes, *_skipped_note(skipped, count=len(entries)), *_size_note(records))
    return Index.of(records, classes=classes, splits=_without(skipped, splits), root=root, notes=every)


def _refuse_unnamed(positives: Sequence[Finding], *, classes: Sequence[str]) -> None:
    drawn = {label for each in positives for label in each.labels}
    if drawn <= {BACKGROUND, IGNORE} and IGNORE in drawn:
        raise DataError(f"the masks hold only 0 and 255, which is ignored, and no class: draw {meanings(classes)}")


def _without(skipped: Mapping[str, str], splits: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    kept = {name: [i for i in ids if i not in skipped] for name, ids in splits.items()}
    for name, ids in splits.items():
        if ids and not kept[name]:
            raise DataError(f"split {name!r} is empty: none of its images can be read; {skipped[ids[0]]}")
    return kept


def _skipped_note(skipped: Mapping[str, str], *, count: int) -> list[str]:
    if not skipped:
        return []
    others = ["and others"] if len(skipped) > SHOWN_PROBLEMS else []
    why = "; ".join([*list(skipped.values())[:SHOWN_PROBLEMS], *others])
    return [f"left out (dataset.on_bad_image=skip), {len(skipped)} of {count} images, which cannot be read: {why}"]


def _size_note(records: Sequence[Record]) -> list[str]:
    large = [record for record in records if record.size.height * record.size.width >= LARGE]
    if not large:
        return []
    first = f"{large[0].image}, {large[0].size.width} x {large[0].size.height} pixels"
    remedy = "make them smaller, or views.scales and predict.views.scales"
    return [f"large images, {len(large)} of {len(records)} ({first}): where memory or time does not suffice, {remedy}"]
