"""Images with what an annotation tool exports of them: labels, boxes, and outlines that masks are drawn from."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, final

from wsss.boxes.box import Box
from wsss.data.drawing import Drawing, Inside, Shape
from wsss.data.images import find_files
from wsss.data.layouts.base import Layout, ambiguous, by_id, image_id
from wsss.data.layouts.coco_entries import MASKS
from wsss.data.layouts.folder import by_composed_name, hashed_splits, val_fraction_problems
from wsss.data.layouts.joined import joined_labels
from wsss.data.layouts.label_row import LabelRow, composed
from wsss.data.layouts.missing import missing_images
from wsss.data.layouts.unlikely import unlikely_labels
from wsss.data.listing import Entry, Listing, Problem, refuse
from wsss.errors import ConfigError, one_of
from wsss.labels import MAX_CLASSES, label_of
from wsss.size import Size


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A region that somebody drew."""

    inside: Inside
    name: str = ""
    """Its class; none where `label` tells what it is drawn as."""
    label: int = 0
    """The label of a region of no class: background, or ignored."""


@dataclass(frozen=True, kw_only=True)
class AnnotatedImage:
    """What a tool says of one image."""

    image: str
    """Its path below the folder of images."""
    names: tuple[str, ...]
    """The classes that it shows."""
    source: str
    """Where that is said, for messages."""
    split: str | None = None
    outlines: tuple[Outline, ...] | None = None
    """What its mask is drawn from, the later one on top; None where it has no mask."""
    boxes: tuple[tuple[str, Box], ...] = ()
    boxes_in: Literal["pixels", "sides"] = "pixels"
    size: Size | None = None
    """The image's size when it was annotated."""

    @property
    def row(self) -> LabelRow:
        """The same as a row of a label file."""
        return LabelRow(image=composed(self.image), names=self.names, split=self.split, source=self.source)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read of all annotations."""

    images: Sequence[AnnotatedImage] = ()
    problems: Sequence[Problem] = ()
    notes: Sequence[str] = ()
    classes: tuple[str, ...] | None = None
    """The tool's own classes, in its order; None where it has none."""


@dataclass(frozen=True, kw_only=True)
class AnnotatedImages(Layout):
    """Reads images and annotations where a tool put them. An image's id is its path below `root`, without the suffix.

    An image has a mask where each of its objects has an outline: a box alone says nothing of pixels.
    """

    root: Path
    """The folder that holds everything."""
    classes: tuple[str, ...] | None = None
    """Classes in the order of their mask ids. None: the tool's, or all names sorted."""
    val_fraction: float = 0.2
    """Share of images, in [0, 1), that a hash of the id gives to `val`, where no split is named."""

    def __post_init__(self) -> None:
        """Refuse a share that leaves nothing to train on."""
        super().__post_init__()
        if problems := val_fraction_problems(self.val_fraction):
            raise ConfigError(problems)

    @abstractmethod
    def folder(self) -> str:
        """Return the folder, below `root`, that the names of images start from."""

    @abstractmethod
    def files(self) -> tuple[Path, ...]:
        """Return the files of annotations, as far as they are not among the images."""

    @abstractmethod
    def read(self) -> Reading:
        """Read all annotations, with every problem on the way."""

    @final
    def home(self) -> Path:
        """See `Layout`."""
        return self.root.expanduser().absolute()

    @final
    def sources(self) -> tuple[Path, ...]:
        """Return the files of annotations and the folder of images."""
        refuse(self._missing())
        return (*self.files(), self.home() / self.folder())

    @final
    def listing(self, into: Path) -> Listing:
        """See `Layout`: masks are drawn below `into` as images are examined."""
        home, folder = self.home(), self.folder()
        if missing := self._missing():
            return Listing(root=home, problems=tuple(missing))
        found, others = find_files(home / folder)
        there, twins = by_composed_name(found, folder=folder)
        reading = self.read()
        rows = [each.row for each in reading.images]
        listed = {each.row.image: each for each in reading.images if each.row.image in there}
        classes = self.classes or reading.classes or tuple(sorted({name for row in rows for name in row.names}))
        splits = self._splits(listed, there)
        kept = {i for ids in splits.values() for i in ids}
        # More classes than a mask holds are refused once all is listed.
        masked = len(classes) <= MAX_CLASSES and any(each.outlines for each in reading.images)
        entries = [self._entry(each, there[name], classes=classes, masked=masked) for name, each in listed.items()]
        absent = [row for row in rows if row.image not in there]
        known = self.classes or reading.classes or ()
        return Listing(
            root=home,
            drawn=into,
            classes=classes,
            entries=tuple(entry for entry in entries if entry.id in kept),
            splits=splits,
            unlisted=tuple(self._path(path) for name, path in there.items() if name not in listed),
            notes=(*reading.notes, *_without_outlines(reading.images)),
            problems=(
                *twins,
                *reading.problems,
                *_repeated(reading.images),
                *missing_images(absent, there, others=others, folder=folder, root=home),
                *joined_labels(rows, separator=None, known=known),
                *unlikely_labels(rows, known=known),
                *ambiguous(by_id(self._path(there[name]) for name in listed), folder=folder),
            ),
        )

    def _missing(self) -> list[Problem]:
        home = self.home()
        if not home.is_dir():
            return [Problem(kind="layout", why=f"{home} is not a folder: set `dataset.root` to the one that holds all")]
        if absent := [path for path in self.files() if not path.is_file()]:
            return [Problem(kind="layout", why=f"there is no file {absent[0]}: name it, or set `dataset.root`")]
        if not (home / self.folder()).is_dir():
            return [Problem(kind="layout", why=f"{home} has no folder {self.folder()!r}: name that of the images")]
        return []

    def _path(self, name: str) -> str:
        return (PurePosixPath(self.folder()) / name).as_posix()

    def _splits(self, listed: Mapping[str, AnnotatedImage], there: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        named: dict[str, list[str]] = {}
        for name, each in listed.items():
            named.setdefault(each.split or "", []).append(image_id(self._path(there[name])))
        if list(named) == [""]:
            named = hashed_splits(tuple(named[""]), val_fraction=self.val_fraction)
        return {name or "train": tuple(ids[: self.limit]) for name, ids in named.items()}

    def _entry(self, each: AnnotatedImage, path: str, *, classes: Sequence[str], masked: bool) -> Entry:
        image = self._path(path)
        drawing = _drawing(each, classes) if masked else None
        return Entry(
            id=image_id(image),
            image=image,
            names=each.names,
            source=each.source,
            mask=None if drawing is None else f"{MASKS}/{image_id(image)}.png",
            drawing=drawing,
            boxes=each.boxes,
            boxes_in=each.boxes_in,
        )


def _drawing(each: AnnotatedImage, classes: Sequence[str]) -> Drawing | None:
    """Return what a mask is drawn from; None also where a region is of no class, which is refused elsewhere."""
    if each.outlines is None or any(outline.name not in ("", *classes) for outline in each.outlines):
        return None
    number = {name: label_of(index) for index, name in enumerate(classes)}
    shapes = [Shape(label=number.get(each.name, each.label), inside=each.inside) for each in each.outlines]
    return Drawing(shapes=shapes, size=each.size)


def _without_outlines(images: Sequence[AnnotatedImage]) -> Iterator[str]:
    """Say how many images have objects without an outline, where others have outlines."""
    without = [each.image for each in images if each.outlines is None]
    if without and any(each.outlines for each in images):
        why = "an object has no outline, so that the image has no mask"
        yield f"{len(without)} of {len(images)} images: {why}: {one_of(without, limit=3)}"


def _repeated(images: Sequence[AnnotatedImage]) -> Iterator[Problem]:
    first: dict[str, AnnotatedImage] = {}
    for each in images:
        if (before := first.setdefault(each.row.image, each)) is not each:
            why = f"{each.source}: {each.image} was annotated before, in {before.source}: keep one"
            yield Problem(kind="label", why=why, name=each.image, complaint="twice")
