"""All that a layout names, with everything that is wrong about it: a layout stops at the first mistake."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, TypeVar

from wsss.data.layouts.base import Entry, match_masks
from wsss.errors import DataError, one_of

Kind = Literal["layout", "list", "label", "name", "image", "mask", "class", "split"]
T = TypeVar("T")

MOST_LINES: Final = 100
"""So many bad lines of a file are named; a file with more of them is in another form."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that a run refuses: what kind of thing it is, and a sentence with its name and the remedy."""

    kind: Kind
    why: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a layout names. `entries` are the images that are there, each once, whether or not they can be read."""

    root: Path
    classes: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids of every split, without those of images that are not there."""
    unread: tuple[str, ...] = ()
    """Ids of images whose labels cannot be read: what they show is not known."""
    unlisted: tuple[str, ...] = ()
    """Images that are there and that nothing lists: a run leaves them out."""
    problems: tuple[Problem, ...] = ()


def problems_of(kind: Kind, reasons: Iterable[str]) -> list[Problem]:
    """Return a problem for each of several reasons."""
    return [Problem(kind=kind, why=why) for why in reasons]


def read_every_line(path: Path, read: Callable[[Path], T]) -> tuple[T | None, list[str]]:
    """Read a file with a reader that refuses it at its first bad line, and return all that the reader complains of.

    A line that is complained of is emptied in a copy, which is read again. The first element is None where the file is
    refused as a whole.
    """
    try:
        return read(path), []
    except DataError as error:
        if not path.is_file() or _line_of(str(error), path) is None:
            return None, [str(error)]
    lines = path.read_bytes().splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    complaints: list[str] = []
    with TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        while len(complaints) < MOST_LINES:
            copy.write_bytes(b"".join(lines))
            try:
                return read(copy), complaints
            except DataError as error:
                complaints.append(str(error).replace(str(copy), str(path)))
            number = _line_of(complaints[-1], path)
            # The first line is a table's header, or the whole file is not what it should be.
            if number is None or number <= first or not lines[number].strip():
                break
            lines[number] = b"\n"
    return None, complaints


def _line_of(complaint: str, path: Path) -> int | None:
    """Return the position of the line that a complaint names, of two the later one."""
    named = re.search(r"lines? (?:\d+ and )?(\d+)", complaint.replace(str(path), ""))
    return None if named is None else int(named[1]) - 1


def ambiguous(images: Mapping[str, Sequence[str]], *, folder: str) -> list[Problem]:
    """Name the images of one folder that have one id."""
    return problems_of(
        "name",
        (
            f"{folder}: {one_of(own)} have one id, {i!r}: rename all but one of them"
            for i, own in images.items()
            if len(own) > 1
        ),
    )


def masks_of(ids: Sequence[str], *, root: Path, folder: str | None) -> tuple[dict[str, str], list[Problem]]:
    """Return the masks by id as `match_masks` does, and what it refuses."""
    try:
        return match_masks(ids, root=root, folder=folder), []
    except DataError as error:
        return {}, problems_of("mask", [str(error)])
