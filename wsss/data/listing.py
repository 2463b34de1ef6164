"""A layout's listing: images with their labels and splits, and every problem that was found on the way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeVar

from wsss.boxes.box import Box
from wsss.data.drawing import Drawing
from wsss.errors import DataError, FileError, one_of

T = TypeVar("T")
Kind = Literal["layout", "list", "label", "name", "image", "mask", "class", "split"]

NAMED: Final = 3
"""So many of the things that share a complaint are named beside the first; the rest are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """An image as a layout lists it, before the image itself was opened. Paths are relative to the data set's root."""

    id: str
    image: str
    names: tuple[str, ...]
    """Names of the classes that it shows, in any order, repeated or not."""
    source: str
    """Where these names were read, for messages."""
    mask: str | None = None
    """Relative to the data set's root or, where it is a `drawing` yet, to the folder that masks are drawn into."""
    drawing: Drawing | None = field(default=None, compare=False)
    """What the mask is drawn from as the image is examined; None where it is a file, or there is none."""
    boxes: tuple[tuple[str, Box], ...] = ()
    """Classes by name with their true boxes, in the pixels of the image as it is stored, unless `boxes_in` tells."""
    boxes_in: Literal["pixels", "sides"] = "pixels"
    """`sides`: boxes are shares of the image's width and height."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something that a run refuses: what kind of thing it is, and a sentence with its place and the remedy."""

    kind: Kind
    why: str
    name: str = ""
    """The thing itself, in a word or two, for a list of those that share a complaint."""
    complaint: str = ""
    """Equal for problems that differ in the thing alone, which are told once; empty for a problem of its own."""

    @classmethod
    def of_file(cls, error: FileError, *, kind: Kind, name: str) -> "Problem":
        """Return the problem of a file that cannot be used."""
        return cls(kind=kind, why=str(error), name=name, complaint=error.complaint)


@dataclass(frozen=True, kw_only=True)
class Note:
    """What a person should know of how a file was read: a sentence."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a layout names. `entries` are the images that are there, each once, whether or not they can be read."""

    root: Path
    drawn: Path | None = None
    """The folder that all masks are drawn into, as their images are examined; None where masks are files of `root`."""
    classes: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids of every split, without those of images that are not there."""
    unread: tuple[str, ...] = ()
    """Ids of images whose labels cannot be read: what they show is not known."""
    unlisted: tuple[str, ...] = ()
    """Images that are there and that nothing lists: a run leaves them out."""
    notes: tuple[str, ...] = ()
    """What a person should know of how it was read, a sentence each."""
    problems: tuple[Problem, ...] = ()

    @property
    def mask_root(self) -> Path:
        """The folder that the paths of masks start from."""
        return self.root if self.drawn is None else self.drawn

    def or_raise(self) -> "Listing":
        """Return the listing; raises `DataError` with all of its problems, if there are any."""
        refuse(self.problems)
        return self


def parted(items: Iterable[T | Problem]) -> tuple[list[T], list[Problem]]:
    """Return what a reader yields as two lists: what could be read, and the problems."""
    rows: list[T] = []
    problems: list[Problem] = []
    for item in items:
        if isinstance(item, Problem):
            problems.append(item)
        else:
            rows.append(item)
    return rows, problems


def refuse(problems: Sequence[Problem]) -> None:
    """Raise a `DataError` with all problems, if there are any."""
    if not problems:
        return
    told = [sentence for _, sentence in sentences(problems)]
    remedies = [skip_remedy()] if any(problem.kind == "image" for problem in problems) else []
    if len(told) == 1:
        raise DataError("; ".join([*told, *remedies]))
    raise DataError("\n  ".join([f"{len(problems)} problems of the data set:", *told, *remedies]))


def skip_remedy() -> str:
    """Return the remedy that all images which cannot be read share."""
    return "dataset.on_bad_image=skip leaves out images that cannot be read"


def sentences(problems: Iterable[Problem]) -> list[tuple[Kind, str]]:
    """Return a sentence for each complaint, with its kind: of things that share one, the first is told whole."""
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for number, problem in enumerate(problems):
        key = (problem.kind, problem.complaint) if problem.complaint else (problem.kind, "", str(number))
        groups.setdefault(key, []).append(problem)
    return [(group[0].kind, _told(group)) for group in groups.values()]


def _told(group: Sequence[Problem]) -> str:
    first, *others = group
    if not others:
        return first.why
    return f"{first.why}; the same of {len(others)} more: {one_of([other.name for other in others], limit=NAMED)}"
