"""COCO (Lin et al., ECCV 2014), and one's own images with annotations in COCO's form: boxes, polygons, run lengths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, final

from wsss.data.images import find_images
from wsss.data.layouts.base import Layout, ambiguous, by_id
from wsss.data.layouts.coco_classes import categories_of, chosen_classes
from wsss.data.layouts.coco_entries import Instances, Rules
from wsss.data.layouts.coco_file import CocoFile, read_coco
from wsss.data.layouts.coco_found import found_coco
from wsss.data.layouts.folder import TRAIN, VAL, hashed_splits, val_fraction_problems
from wsss.data.listing import Entry, Listing, Problem, refuse
from wsss.errors import ConfigError, FileError


def _official_splits() -> dict[str, str]:
    return {name: f"annotations/instances_{name}2014.json" for name in (TRAIN, VAL)}


def _official_folders() -> dict[str, str]:
    return {name: f"{name}2014" for name in (TRAIN, VAL)}


@final
@dataclass(frozen=True, kw_only=True)
class COCO(Layout):
    """Image-level labels are the categories of an image's annotations; masks are drawn from their outlines, for scores.

    Classes are numbered by increasing category id, without gaps. An image's id is its path below `root` without the
    suffix. Outlines are drawn in the file's order, the later one on top, as the papers' masks were (`annToMask`).
    """

    root: Path
    """The folder that holds everything."""
    splits: dict[str, str] = field(default_factory=_official_splits)
    """Annotation file of every split, below `root`."""
    image_folders: dict[str, str] = field(default_factory=_official_folders)
    """Folder of the images of every split, below `root`."""
    classes: tuple[str, ...] | None = None
    """Categories in the order of their mask ids; others are left out. None: all, by their ids."""
    crowd: Literal["background", "ignore"] = "background"
    """What pixels are that only an outline of a crowd covers: papers count them as background."""
    labels_from_crowd: bool = True
    """Whether an image also has the classes of which it shows crowds alone."""
    unannotated: Literal["keep", "skip"] = "keep"
    """Whether images without any annotation are kept, as negatives."""
    val_fraction: float = 0.2
    """Share of images, in [0, 1), that a hash of the id gives to `val`, where `splits` has `train` alone."""

    def __post_init__(self) -> None:
        """Refuse options that leave nothing to read."""
        super().__post_init__()
        problems = []
        if not self.splits:
            problems.append("dataset.splits: names no split; use train: annotations/instances_train2014.json")
        if lacking := [name for name in self.splits if name not in self.image_folders]:
            problems.append(f"dataset.image_folders: says nothing of split {lacking[0]!r}; use {lacking[0]}: images")
        problems += val_fraction_problems(self.val_fraction)
        if problems:
            raise ConfigError(problems)

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Find annotation files, and the folders of the images that they name."""
        del given
        return found_coco(root)

    def home(self) -> Path:
        """See `Layout`."""
        return self.root.expanduser().absolute()

    def sources(self) -> tuple[Path, ...]:
        """Return the annotation files and the folders of images."""
        refuse(self._missing())
        names = dict.fromkeys((*self.splits.values(), *(self.image_folders[split] for split in self.splits)))
        return tuple(self.home() / name for name in names)

    def listing(self, into: Path) -> Listing:
        """See `Layout`: masks are drawn below `into` as images are examined."""
        home = self.home()
        if missing := self._missing():
            return Listing(root=home, problems=tuple(missing))
        files, broken = self._files()
        categories, of_categories = categories_of({self.splits[split]: file for split, file in files.items()})
        classes, of_classes = chosen_classes(categories, self.classes)
        rules = Rules(crowd=self.crowd, labels_from_crowd=self.labels_from_crowd, unannotated=self.unannotated)
        parts = {
            split: Instances(
                split=split,
                file=file,
                name=self.splits[split],
                folder=self.image_folders[split],
                root=home,
                categories=categories,
                classes=classes,
                rules=rules,
            )
            for split, file in files.items()
        }
        entries = {split: part.entries() for split, part in parts.items()}
        splits = self._splits(entries)
        kept = {i for ids in splits.values() for i in ids}
        listed = [entry for each in entries.values() for entry in each]
        return Listing(
            root=home,
            drawn=into,
            classes=classes,
            entries=tuple({entry.id: entry for entry in listed if entry.id in kept}.values()),
            splits=splits,
            unlisted=tuple(path for part in parts.values() for path in part.unlisted()),
            notes=tuple(note for part in parts.values() for note in part.notes()),
            problems=(
                *broken,
                *of_categories,
                *(() if broken else of_classes),  # a class may be one of a file that cannot be read
                *(problem for part in parts.values() for problem in part.problems()),
                *_nothing_in(tuple(parts.values())),
                *_ambiguous(listed),
            ),
        )

    def _missing(self) -> list[Problem]:
        """Return a problem for every file and folder that is not there."""
        home = self.home()
        if not home.is_dir():
            return [Problem(kind="layout", why=f"{home} is not a folder: set `dataset.root` to the one that holds all")]
        files = [
            Problem(kind="layout", why=f"there is no file {home / name}: name it in `dataset.splits.{split}`")
            for split, name in self.splits.items()
            if not (home / name).is_file()
        ]
        folders = [
            Problem(kind="layout", why=f"{home / name} holds no image: name the folder in `{key}`")
            for name, key in {self.image_folders[each]: f"dataset.image_folders.{each}" for each in self.splits}.items()
            if not (home / name).is_dir() or not find_images(home / name)
        ]
        return [*files, *folders]

    def _files(self) -> tuple[dict[str, CocoFile], list[Problem]]:
        files, problems = {}, []
        for split, name in self.splits.items():
            try:
                files[split] = read_coco(self.home() / name)
            except FileError as error:
                problems.append(Problem.of_file(error, kind="label", name=name))
        return files, problems

    def _splits(self, entries: Mapping[str, Sequence[Entry]]) -> dict[str, tuple[str, ...]]:
        ids: dict[str, Sequence[str]] = {
            split: list(dict.fromkeys(entry.id for entry in each)) for split, each in entries.items()
        }
        if list(self.splits) == [TRAIN] and ids.get(TRAIN):
            ids = dict(hashed_splits(ids[TRAIN], val_fraction=self.val_fraction))
        return {split: tuple(each[: self.limit]) for split, each in ids.items()}


def _nothing_in(parts: Sequence[Instances]) -> list[Problem]:
    """Return a problem where no file lists an image that is kept."""
    if not parts or not all(part.is_empty for part in parts):
        return []
    if not any(part.file.images for part in parts):
        why = f"{parts[0].name} lists no image: export it again with `images`"
    else:
        why = f"no image of {parts[0].name} has an annotation: annotate some, or set dataset.unannotated=keep"
    return [Problem(kind="label", why=why)]


def _ambiguous(entries: Sequence[Entry]) -> list[Problem]:
    """Return a problem for every id that several images have; an image may be in several splits."""
    return ambiguous(by_id(dict.fromkeys(entry.image for entry in entries)), folder="images")
