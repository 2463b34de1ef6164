"""One's own images: a folder of them, and a CSV or JSON file that says what each shows, or a sub-folder a class."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Final, final

from wsss.data.images import find_images
from wsss.data.index import Index
from wsss.data.layouts.base import Entry, Layout, OnBadImage, build_index, image_id, masks_folder, match_masks
from wsss.data.layouts.label_file import CSV_FORM, LabelRow, read_labels
from wsss.errors import ConfigError, DataError, one_of

TRAIN: Final = "train"
VAL: Final = "val"


@final
@dataclass(frozen=True, kw_only=True)
class Folder(Layout):
    """Images below `root/images`. An image's id is its path there, without the suffix; an empty label makes a negative.

    Images that a label file does not list are left out, which is noted.
    """

    root: Path
    """The folder that holds everything."""
    images: str = "images"
    labels: str | None = "labels.csv"
    """Label file below `root`, .csv or .json. None: every sub-folder of `images` is a class."""
    classes: tuple[str, ...] | None = None
    """Classes in the order of their mask ids. None: all names found, sorted."""
    masks: str | None = None
    """Folder below `root` with `<id>.png`, for scores; an image may do without. None: there are none."""
    val_fraction: float = 0.2
    """Share of images, in [0, 1), that go to split `val` where no `split` column tells; 0 makes no such split."""
    on_bad_image: OnBadImage = "refuse"
    """`skip`: images that cannot be read are left out and reported; the run goes on without them."""

    def __post_init__(self) -> None:
        """Refuse a share that leaves nothing to train on."""
        super().__post_init__()
        if not 0 <= self.val_fraction < 1:
            raise ConfigError(
                [f"dataset.val_fraction: {self.val_fraction} is not in [0, 1); use 0.2, or 0 for no `val`"]
            )

    def home(self) -> Path:
        """See `Layout`."""
        return self.root.expanduser().absolute()

    def sources(self) -> tuple[Path, ...]:
        """Return the folder of images, the label file and the folder of masks."""
        home = self._checked_home()
        masks = () if self.masks is None else (masks_folder(home, self.masks),)
        return (*(home / name for name in (self.images, self.labels) if name is not None), *masks)

    def index(self, into: Path) -> Index:
        """See `Layout`."""
        del into  # images stay where they are
        home = self._checked_home()
        paths = find_images(home / self.images)
        if not paths:
            raise DataError(f"{home / self.images} holds no image: put JPEG or PNG files there")
        rows = self._rows_of_folders(paths) if self.labels is None else read_labels(home / self.labels)
        images = self._matched(rows, paths)
        _check_ids(images)
        by_id = {image_id(image): row for image, row in zip(images, rows, strict=True)}
        splits = {name: ids[: self.limit] for name, ids in self._splits(by_id).items()}
        kept = {i for ids in splits.values() for i in ids}
        masks = match_masks(tuple(by_id), root=home, folder=self.masks)
        entries = [
            Entry(id=i, image=f"{self.images}/{image}", names=row.names, source=row.source, mask=masks.get(i))
            for image, (i, row) in zip(images, by_id.items(), strict=True)
            if i in kept
        ]
        classes = self.classes or sorted({name for row in rows for name in row.names})
        return build_index(
            entries,
            classes=classes,
            splits=splits,
            root=home,
            on_bad_image=self.on_bad_image,
            notes=self._unlisted(images, paths),
        )

    def _checked_home(self) -> Path:
        home = self.home()
        if not (home / self.images).is_dir():
            absent = "is not a folder; it has no folder" if home.exists() else "is not there, nor is its folder"
            state = "has no folder" if home.is_dir() else absent
            raise DataError(
                f"{home} {state} {self.images!r}: set `dataset.root` and `dataset.images` to where images lie"
            )
        if self.labels is not None and not (home / self.labels).is_file():
            others = sorted(path.name for path in home.iterdir() if path.suffix.lower() in (".csv", ".json"))
            remedy = f"use dataset.labels={others[0]}" if others else f"write {CSV_FORM}"
            raise DataError(
                f"{home} has no label file {self.labels!r}: {remedy}, or set dataset.labels=null where every class has "
                f"a folder in {self.images!r}"
            )
        return home

    def _rows_of_folders(self, paths: Sequence[str]) -> tuple[LabelRow, ...]:
        loose = [path for path in paths if "/" not in path]
        if loose:
            raise DataError(
                f"{self.images}/{loose[0]} lies in the folder of no class: move it there, or list labels in a file, "
                "which may leave them empty"
            )
        composed = [unicodedata.normalize("NFC", path) for path in paths]
        return tuple(
            LabelRow(image=path, names=(PurePosixPath(path).parts[0],), split=None, source=f"{self.images}/{path}")
            for path in composed
        )

    def _matched(self, rows: Sequence[LabelRow], paths: Sequence[str]) -> list[str]:
        """Return the path of every row's image."""
        there = _by_composed_name(paths)
        missing = [row for row in rows if row.image not in there]
        if missing:
            row = missing[0]
            close = get_close_matches(row.image, there, n=1)
            more = f" ({len(missing) - 1} more are missing)" if len(missing) > 1 else ""
            hint = f"did you mean {close[0]!r}? Else " if close else ""
            remedy = f"{hint}put it there, or delete the line"
            raise DataError(f"{row.source}: {row.image!r} is not in {self.images!r}{more}; {remedy}")
        return [there[row.image] for row in rows]

    def _unlisted(self, images: Sequence[str], paths: Sequence[str]) -> list[str]:
        others = sorted(set(paths) - set(images))
        if not others:
            return []
        why = f"{self.labels} does not list them (with an empty label they would be negatives)"
        count = f"{len(others)} of {len(paths)} images in {self.images!r}"
        return [f"left out, {count}, because {why}: {one_of(others, limit=5)}"]

    def _splits(self, rows: Mapping[str, LabelRow]) -> dict[str, list[str]]:
        named: dict[str, list[str]] = {}
        for i, row in rows.items():
            if row.split is not None:
                named.setdefault(row.split, []).append(i)
        return named or hashed_splits(tuple(rows), val_fraction=self.val_fraction)


def _by_composed_name(paths: Sequence[str]) -> dict[str, str]:
    """Return paths by their names in NFC, as label files spell them."""
    there: dict[str, str] = {}
    for path in paths:
        if (other := there.setdefault(unicodedata.normalize("NFC", path), path)) != path:
            raise DataError(f"{other!a} and {path!a} are one name in two forms of Unicode: rename one of them")
    return there


def _check_ids(images: Sequence[str]) -> None:
    first: dict[str, str] = {}
    for image in images:
        other = first.setdefault(image_id(image), image)
        if other != image:
            raise DataError(f"{other} and {image} have one id, {image_id(image)!r}: rename one of them")


def hashed_splits(ids: Sequence[str], *, val_fraction: float) -> dict[str, list[str]]:
    """Split by a hash of the id: no image changes sides when others come or go. Both sides get one image at least."""
    if val_fraction == 0:
        return {TRAIN: list(ids)}
    place = {i: int.from_bytes(hashlib.sha256(i.encode()).digest()[:8], "big") / 2**64 for i in ids}
    ranked = sorted(ids, key=place.__getitem__)
    count = sum(place[i] < val_fraction for i in ids)
    val = set(ranked[: min(max(count, 1), len(ids) - 1)])
    return {TRAIN: [i for i in ids if i not in val], VAL: [i for i in ids if i in val]}
