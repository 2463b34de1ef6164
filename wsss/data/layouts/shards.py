"""Shards: images in uncompressed tars or zips with their labels and masks beside them, as WebDataset packs them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Final, final

from wsss.data.archives import archive_of, files_in, is_folder, names_below
from wsss.data.layouts.base import Layout
from wsss.data.layouts.folder import folders_with, hashed_splits, tables_at, val_fraction_problems
from wsss.data.layouts.joined import joined_labels
from wsss.data.layouts.label_file import SEPARATOR
from wsss.data.layouts.shard_labels import ENDINGS, Sample, read_sample, samples_of
from wsss.data.layouts.shard_names import compressed_in, is_pattern, shards_at
from wsss.data.layouts.unlikely import unlikely_labels
from wsss.data.listing import Entry, Listing, Problem, parted, refuse
from wsss.errors import ConfigError, DataError, FileError, one_of, plural

MASK: Final = "png"


@final
@dataclass(frozen=True, kw_only=True)
class Shards(Layout):
    """Files of one image share a name up to its first dot: `000.tar` holds `cat1.jpg`, `cat1.txt` and `cat1.png`.

    Nothing is unpacked: an index says where in its archive each image lies. An image's id is `000.tar/cat1`.
    """

    root: Path
    """A folder of archives, one archive, or a pattern of their names, such as `shards/{000..081}.tar`."""
    classes: tuple[str, ...] | None = None
    """Classes in the order of their mask ids, from which numbers count. None: all names found, sorted."""
    labels: str | None = None
    """Ending of the files of labels: json, cls or txt. None: the first of these that an image has."""
    separator: str = SEPARATOR
    """What separates the labels of an image in a text, beside the ends of lines."""
    masks: str | None = MASK
    """Ending of masks, for scores, such as `seg.png`; an image may do without. None: there are none."""
    splits: dict[str, str] = field(default_factory=dict)
    """Patterns of the archives of each split. Empty: `split` in the JSON tells, or else `val_fraction`."""
    val_fraction: float = 0.2
    """Share of images, in [0, 1), that a hash of the id gives to `val`, where no split is named."""

    def __post_init__(self) -> None:
        """Refuse endings that nobody reads, and a share that leaves nothing to train on."""
        super().__post_init__()
        problems = []
        if self.labels is not None and self.labels not in ENDINGS:
            problems.append(f"dataset.labels: {self.labels!r} is not an ending of labels; use {one_of(ENDINGS)}")
        if not self.separator:
            problems.append(f"dataset.separator: is empty; use {SEPARATOR!r}, or what stands between labels")
        problems += val_fraction_problems(self.val_fraction)
        if problems:
            raise ConfigError(problems)

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Find archives; one of a folder of images and a label file is `folder`'s, and so is one beside images."""
        del given
        if is_folder(root / "images") or (
            archive_of(root) == root and (_has_table(root) or folders_with("images", root))
        ):
            return None
        try:
            return {} if shards_at(root) or is_pattern(root) or _has_only_compressed(root) else None
        except FileNotFoundError:
            return {}

    def home(self) -> Path:
        """Return the folder of the archives."""
        root = self.root.expanduser().absolute()
        return root if root.is_dir() else root.parent

    def sources(self) -> tuple[Path, ...]:
        """Return the archives."""
        names, problems = self._shards
        refuse(problems)
        return tuple(self.home() / name for name in names)

    def listing(self, into: Path) -> Listing:
        """See `Layout`."""
        del into  # images stay where they are
        names, problems = self._shards
        if problems:
            return Listing(root=self.home(), problems=tuple(problems))
        try:
            found = [samples_of(names_below(self.home() / name), shard=name, masks=self.masks) for name in names]
        except FileError as error:
            return Listing(root=self.home(), problems=(Problem(kind="layout", why=str(error)),))
        samples = [sample for of_shard, _ in found for sample in of_shard]
        others = [path for _, left in found for path in left]
        read, unread = parted(self._read(sample) for sample in samples)
        rows = [sample.row for sample in read]
        splits = self._splits(read)
        kept = {i for ids in splits.values() for i in ids}
        known = self.classes or ()
        return Listing(
            root=self.home(),
            classes=self.classes or tuple(sorted({name for row in rows for name in row.names})),
            entries=tuple(self._entry(sample) for sample in read if sample.id in kept),
            splits=splits,
            notes=tuple(self._notes(others, read=read)),
            problems=(
                *_without_images(samples, names=names, home=self.home()),
                *(Problem(kind="name", why=why) for of_shard, _ in found for each in of_shard for why in each.wrong),
                *unread,
                *joined_labels(rows, separator=self.separator, known=known),
                *unlikely_labels(rows, known=known),
            ),
        )

    @cached_property
    def _shards(self) -> tuple[list[str], list[Problem]]:
        """Return the names of the archives, and why there are none."""
        root = self.root.expanduser().absolute()
        remedy = "set `dataset.root` to a folder of them, one of them, or a pattern such as 'shards/{000..081}.tar'"
        try:
            names = shards_at(root)
        except FileNotFoundError as error:
            return [], [Problem(kind="layout", why=f"there is no archive {error}, which dataset.root names: {remedy}")]
        except DataError as error:
            return [], [Problem(kind="layout", why=str(error))]
        if not names:
            return [], [Problem(kind="layout", why=f"{_without_archives(root)}: {remedy}")]
        return names, []

    def _read(self, sample: Sample) -> Sample | Problem:
        return read_sample(sample, home=self.home(), ending=self.labels, classes=self.classes, separator=self.separator)

    def _entry(self, sample: Sample) -> Entry:
        row = sample.row
        return Entry(
            id=sample.id, image=sample.image, names=row.names, source=row.source, mask=sample.mask, boxes=sample.boxes
        )

    def _splits(self, samples: Sequence[Sample]) -> dict[str, tuple[str, ...]]:
        named: dict[str, list[str]] = {name: [] for name in self.splits}
        for sample in samples:
            for name, pattern in self.splits.items():
                if fnmatchcase(sample.shard, pattern):
                    named[name].append(sample.id)
            if not self.splits and sample.row.split is not None:
                named.setdefault(sample.row.split, []).append(sample.id)
        if not named and samples:
            named = hashed_splits([sample.id for sample in samples], val_fraction=self.val_fraction)
        return {name: tuple(ids[: self.limit]) for name, ids in named.items()}

    def _notes(self, others: Sequence[str], *, read: Sequence[Sample]) -> Iterator[str]:
        shards = dict.fromkeys(sample.shard for sample in read)
        patterns = self.splits.values()
        unused = [name for name in shards if patterns and not any(fnmatchcase(name, each) for each in patterns)]
        if unused:
            why = "which no split of dataset.splits names"
            yield f"left out, {len(unused)} of {len(shards)} archives, {why}: {one_of(unused, limit=5)}"
        if others:
            why = "because no image has them as its labels or its mask"
            yield f"left out, {plural(len(others), 'file')} of the archives, {why}: {one_of(others, limit=5)}"


def _without_archives(root: Path) -> str:
    """Say what a place without archives holds in their stead."""
    if is_pattern(root):
        return f"{root.parent} has no archive, .tar or .zip, that {root.name!r} stands for"
    if packed := compressed_in(root):
        why = (
            "which is compressed, so that no image can be read on its own; unpack it to a .tar with `gunzip` or similar"
        )
        return f"{root} has no archive, .tar or .zip, but {packed[0]}, {why}"
    return f"{root} has no archive, .tar or .zip"


def _without_images(samples: Sequence[Sample], *, names: Sequence[str], home: Path) -> Iterator[Problem]:
    full = {sample.shard for sample in samples}
    for name in names:
        if name not in full:
            why = f"{home / name} holds no image: put a `key.jpg` with a `key.txt` there, or leave it out"
            yield Problem(kind="layout", why=why, name=name, complaint="no image")


def _has_only_compressed(root: Path) -> bool:
    """Tell whether a folder holds compressed tars and no folder, in which another layout may lie."""
    return bool(compressed_in(root)) and not any(path.is_dir() for path in root.iterdir())


def _has_table(root: Path) -> bool:
    """Tell whether an archive holds a label file of all its images beside them."""
    tables = tables_at(root)
    return len(tables) == 1 and [PurePosixPath(name).stem for name in files_in(root)].count(Path(tables[0]).stem) == 1
