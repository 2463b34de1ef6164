"""One's own images: a folder of them, and a CSV or JSON file that says what each shows, or a sub-folder a class."""

import hashlib
import os
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final, final

from wsss.data.archives import archive_of, files_in, is_file, is_folder, names_below, on_disk
from wsss.data.images import find_files, find_images
from wsss.data.layouts.base import Layout, ambiguous, by_id
from wsss.data.layouts.class_folders import folder_notes, rows_of_folders
from wsss.data.layouts.joined import joined_labels
from wsss.data.layouts.label_csv import CSV_FORM
from wsss.data.layouts.label_file import SEPARATOR, read_labels
from wsss.data.layouts.label_row import LabelRow
from wsss.data.layouts.match_masks import match_masks, missing_masks
from wsss.data.layouts.missing import missing_images
from wsss.data.layouts.negatives import missing_negatives, with_negatives
from wsss.data.layouts.unlikely import unlikely_labels
from wsss.data.listing import Entry, Listing, Note, Problem, parted, refuse
from wsss.errors import ConfigError, one_of

TRAIN: Final = "train"
VAL: Final = "val"
MASKS: Final = "masks"
"""Where masks are looked for when nobody says where they lie."""
NEGATIVES: Final = "negatives"
"""The same of images that show none of the classes."""
TABLES: Final = (".csv", ".json")


@final
@dataclass(frozen=True, kw_only=True)
class Folder(Layout):
    """Images below `root/images`. An image's id is its path there, without the suffix; an empty label makes a negative.

    Images that a label file does not list are left out, which is noted.
    """

    version: ClassVar[int] = 2

    root: Path
    """The folder that holds everything, or a tar or zip of it that is not compressed."""
    images: str = "images"
    labels: str | None = "labels.csv"
    """Label file below `root`, .csv or .json. None: every sub-folder of `images` is a class."""
    separator: str = SEPARATOR
    """What separates the labels of one image in a CSV."""
    label_per_line: bool = False
    """Whether the label file has a line for each label of an image, to be joined."""
    classes: tuple[str, ...] | None = None
    """Classes in the order of their mask ids. None: all names found, sorted."""
    masks: str | None = None
    """Folder below `root` with `<id>.png`, for scores; an image may do without. None: there are none."""
    negatives: str | None = None
    """Folder below `root` of further images to learn from, which show none of the classes. None: there are none."""
    val_fraction: float = 0.2
    """Share of images, in [0, 1), that go to split `val` where no `split` column tells; 0 makes no such split."""

    def __post_init__(self) -> None:
        """Refuse a share that leaves nothing to train on."""
        super().__post_init__()
        problems = val_fraction_problems(self.val_fraction)
        if not self.separator:
            problems.append(f"dataset.separator: is empty; use {SEPARATOR!r}, or what stands between labels")
        if problems:
            raise ConfigError(problems)

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Find the label file and masks; a folder of none of these is not this layout's."""
        images = root / str(given.get("images", cls.images))
        labels = label_file_at(root, images=images)
        if not is_folder(images) and not is_file(root / (labels or "")):
            return None
        negatives = {"negatives": NEGATIVES} if is_folder(root / NEGATIVES) else {}
        return {"labels": labels, "masks": MASKS if is_folder(root / MASKS) else None, **negatives}

    def home(self) -> Path:
        """See `Layout`."""
        return self.root.expanduser().absolute()

    def sources(self) -> tuple[Path, ...]:
        """Return the folder of images, the label file, and the folders of masks and of negatives."""
        home = self.home()
        refuse([*self._missing(), *missing_masks(home, self.masks), *missing_negatives(home, self.negatives)])
        names = (self.images, self.labels, self.masks, self.negatives)
        return tuple(dict.fromkeys(on_disk(home / name) for name in names if name is not None))

    def listing(self, into: Path) -> Listing:
        """See `Layout`."""
        del into  # images stay where they are
        return with_negatives(self._listed(), folder=self.negatives, split=TRAIN, limit=self.limit)

    def _listed(self) -> Listing:
        home = self.home()
        if missing := self._missing():
            return Listing(root=home, problems=tuple(missing))
        paths, others = find_files(home / self.images)
        there, twins = by_composed_name(paths, folder=self.images)
        rows, of_rows, read_so = self._rows(tuple(there))
        images = by_id(row.image for row in rows if row.image in there)
        absent = [row for row in rows if row.image not in there]
        gone = missing_images(absent, there, others=others, folder=self.images, root=home)
        masks = match_masks(tuple(images), root=home, folder=self.masks, known=by_id(there))
        row_of = {row.image: row for row in rows}
        splits = self._splits({i: row_of[names[0]] for i, names in images.items()})
        kept = {i for ids in splits.values() for i in ids}
        return Listing(
            root=home,
            classes=self.classes or tuple(sorted({name for row in rows for name in row.names})),
            entries=tuple(
                self._entry(i, row_of[names[0]], path=there[names[0]], mask=masks.paths.get(i))
                for i, names in images.items()
                if i in kept
            ),
            splits=splits,
            notes=(*read_so, *self._notes(there, listed=row_of, others=others), *masks.notes),
            problems=(*twins, *of_rows, *gone, *ambiguous(images, folder=self.images), *masks.problems),
        )

    def _missing(self) -> list[Problem]:
        """Return what of the data set's folders and files is not there, as far as nothing can be listed then."""
        home = self.home()
        if not is_folder(home / self.images):
            absent = "is not a folder; it has no folder" if home.exists() else "is not there, nor is its folder"
            state = "has no folder" if is_folder(home) else absent
            remedy = "set `dataset.root` and `dataset.images` to where images lie"
            if is_folder(home.parent / self.images):
                remedy = f"set `dataset.root` to the folder above, {home.parent}"
            if below := folders_with(self.images, home):
                remedy = (
                    f"set `dataset.root` to the folder in it that has one, {one_of([str(home / b) for b in below])}"
                )
            return [Problem(kind="layout", why=f"{home} {state} {self.images!r}: {remedy}")]
        if self.labels is not None and not is_file(home / self.labels):
            if os.path.lexists(home / self.labels):
                why = f"{home / self.labels} is not a file, or a link to none: replace it by the label file"
                return [Problem(kind="layout", why=why)]
            others = tables_at(home)
            remedy = f"use dataset.labels={others[0]}" if others else f"write {CSV_FORM}"
            folders = f"set dataset.labels=null where every class has a folder in {self.images!r}"
            return [Problem(kind="layout", why=f"{home} has no label file {self.labels!r}: {remedy}, or {folders}")]
        if not find_images(home / self.images):
            why = f"{home / self.images} holds no image: put JPEG or PNG files there"
            return [Problem(kind="layout", why=why)]
        return []

    def _rows(self, names: Sequence[str]) -> tuple[list[LabelRow], list[Problem], list[str]]:
        """Return what every image shows, what is wrong with it, and notes on how it was read."""
        if self.labels is None:
            return *parted(rows_of_folders(names, folder=self.images)), []
        path = self.home() / self.labels
        items, problems = parted(read_labels(path, separator=self.separator, label_per_line=self.label_per_line))
        rows = [item for item in items if isinstance(item, LabelRow)]
        known = self.classes or ()
        separator = None if path.suffix.lower() == ".json" else self.separator
        joined = joined_labels(rows, separator=separator, known=known)
        return (
            rows,
            [*problems, *joined, *unlikely_labels(rows, known=known)],
            [item.text for item in items if isinstance(item, Note)],
        )

    def _entry(self, i: str, row: LabelRow, *, path: str, mask: str | None) -> Entry:
        return Entry(id=i, image=f"{self.images}/{path}", names=row.names, source=row.source, mask=mask)

    def _splits(self, rows: Mapping[str, LabelRow]) -> dict[str, tuple[str, ...]]:
        named: dict[str, list[str]] = {}
        for i, row in rows.items():
            if row.split is not None:
                named.setdefault(row.split, []).append(i)
        if not named and rows:
            named = hashed_splits(tuple(rows), val_fraction=self.val_fraction)
        return {name: tuple(ids[: self.limit]) for name, ids in named.items()}

    def _notes(self, there: Mapping[str, str], *, listed: Collection[str], others: Sequence[str]) -> Iterator[str]:
        unlisted = sorted(path for name, path in there.items() if name not in listed)
        if unlisted and self.labels is not None:
            why = f"{self.labels} does not list them (with an empty label they would be negatives)"
            count = f"{len(unlisted)} of {len(there)} images in {self.images!r}"
            yield f"left out, {count}, because {why}: {one_of(unlisted, limit=5)}"
        if others:
            count = f"{len(others)} files in {self.images!r}" if len(others) > 1 else f"1 file in {self.images!r}"
            yield f"left out, {count}, because their suffix is not that of an image: {one_of(others, limit=5)}"
        if self.labels is None:
            yield from folder_notes(tuple(there), folder=self.images)


def label_file_at(root: Path, *, images: Path) -> str | None:
    """Return the label file: `labels.csv`, `labels.json`, or the only table there; None where classes have folders."""
    tables = tables_at(root)
    usual = [name for name in (Folder.labels, "labels.json") if name in tables]
    if usual or len(tables) == 1:
        return (usual or tables)[0]
    found = find_images(images) if is_folder(images) else ()
    return None if found and all("/" in path for path in found) else Folder.labels


def tables_at(root: Path) -> list[str]:
    """Return the names of the CSV and JSON files in a folder."""
    return [name for name in files_in(root) if PurePosixPath(name).suffix.lower() in TABLES]


def folders_with(name: str, folder: Path) -> list[str]:
    """Return what folders of a folder, or at the top of an archive, hold a folder of this name."""
    if not is_folder(folder):
        return []
    if archive_of(folder) is None:
        tops = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    else:
        tops = list(dict.fromkeys(path.partition("/")[0] for path in names_below(folder) if "/" in path))
    return [top for top in sorted(tops) if is_folder(folder / top / name)]


def by_composed_name(paths: Sequence[str], *, folder: str) -> tuple[dict[str, str], list[Problem]]:
    """Return paths by their names in NFC, as label files spell them."""
    there: dict[str, str] = {}
    problems = []
    for path in paths:
        if (other := there.setdefault(unicodedata.normalize("NFC", path), path)) != path:
            why = f"{folder}: {other!a} and {path!a} are one name in two forms of Unicode: rename one of them"
            problems.append(Problem(kind="name", why=why))
    return there, problems


def val_fraction_problems(val_fraction: float) -> list[str]:
    """Return what is wrong with a share of images that `hashed_splits` is to give to `val`."""
    if 0 <= val_fraction < 1:
        return []
    return [f"dataset.val_fraction: {val_fraction} is not in [0, 1); use 0.2, or 0 for no `val`"]


def hashed_splits(ids: Sequence[str], *, val_fraction: float) -> dict[str, list[str]]:
    """Split by a hash of the id: no image changes sides when others come or go. Both sides get one image at least."""
    if val_fraction == 0:
        return {TRAIN: list(ids)}
    place = {i: int.from_bytes(hashlib.sha256(i.encode()).digest()[:8], "big") / 2**64 for i in ids}
    ranked = sorted(ids, key=place.__getitem__)
    count = sum(place[i] < val_fraction for i in ids)
    val = set(ranked[: min(max(count, 1), len(ids) - 1)])
    return {TRAIN: [i for i in ids if i not in val], VAL: [i for i in ids if i in val]}
