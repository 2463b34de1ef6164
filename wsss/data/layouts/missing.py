"""Images that a label file names and that are not there, with the spelling under which they would be found."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from wsss.data.layouts.base import by_id, image_id
from wsss.data.layouts.label_row import LabelRow
from wsss.data.listing import Problem
from wsss.errors import OutsideError, brief
from wsss.paths import inside

LONGEST: Final = 255
"""Letters of a name, beyond which no file system has it."""


class Spelling(NamedTuple):
    """A way in which names differ from those of the files: what to do about all of them, and one as it is right."""

    remedy: str
    name: str | None = None


def missing_images(
    rows: Sequence[LabelRow], there: Mapping[str, str], *, others: Sequence[str], folder: str, root: Path
) -> list[Problem]:
    """Return a problem for every row, none of whose images is there.

    Args:
        rows: The rows.
        there: The images below the folder, by name.
        others: The files below it that are not images by their suffix.
        folder: The folder of images.
        root: The folder that it lies in.
    """
    spellings = Spellings(there, others=others, folder=folder, root=root)
    problems: dict[str, list[Problem]] = {}
    for row in rows:
        spelling = spellings.of(row.image)
        remedy = "put it there, or delete the line"
        if spelling is not None:
            remedy = spelling.remedy if spelling.name is None else f"{spelling.remedy}, here {spelling.name!r}"
        elif not problems.get("") and (close := spellings.near(row.image)):
            remedy = f"did you mean {close!r}? Else {remedy}"
        complaint = "" if spelling is None else spelling.remedy
        place = row.source if row.line is None else f"line {row.line}"
        problems.setdefault(complaint, []).append(
            Problem(
                kind="list",
                why=f"{row.source}: {brief(row.image)} is not in {folder!r}; {remedy}",
                name=f"{brief(row.image)} ({place})",
                complaint=f"not there: {complaint}",
            )
        )
    return [problem for group in problems.values() for problem in group]


class Spellings:
    """The images of a folder by all that people call them."""

    def __init__(self, there: Mapping[str, str], *, others: Sequence[str], folder: str, root: Path) -> None:
        self._there = there
        self._others = frozenset(others)
        self._folder = folder
        self._root = root
        self._by_id = {i: paths[0] for i, paths in by_id(there).items() if len(paths) == 1}
        self._lower = {name.lower(): name for name in there}

    def of(self, name: str) -> Spelling | None:
        """Return the spelling under which an image would be found; None where it is under none."""
        return next(self._candidates(name), None)

    def near(self, name: str) -> str | None:
        """Return the image whose name is almost the same; suffixes, which all share, make no names alike."""
        if len(name) > LONGEST or not PurePosixPath(name).name:
            return None
        close = get_close_matches(image_id(name), self._by_id, n=1)
        return self._by_id[close[0]] if close else None

    def _candidates(self, name: str) -> Iterator[Spelling]:
        if name in self._others:
            yield Spelling("it is there, but its suffix is not that of an image: save it as JPEG or PNG")
        slashed = name.replace("\\", "/")
        if slashed in self._there:
            yield Spelling("write / between folders", slashed)
        parts = PurePosixPath(slashed).parts
        for start in range(len(parts)):
            below = "/".join(parts[start:])
            if below != slashed and below in self._there:
                yield Spelling(f"write names as they are below {self._folder!r}", below)
            if below in self._by_id:
                yield Spelling("write names with their suffix", self._by_id[below])
        if slashed.lower() in self._lower:
            yield Spelling("write capital letters as the files have them", self._lower[slashed.lower()])
        if slashed.startswith("/") or ".." in parts:
            yield Spelling(f"it leads out of it: put the image into {self._folder!r}, and write its name below that")
        elif is_folder(self._root / self._folder, slashed):
            yield Spelling("it is a folder: name the images in it, a line each")


def is_folder(folder: Path, name: str) -> bool:
    """Tell whether a folder of this name lies below another."""
    try:
        return inside(folder, name, links=True).is_dir()
    except (OutsideError, OSError):  # a name that no file system takes
        return False
