"""Give check and index one data set as people hand it over, and see what each says of it and what comes out."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from run_says import run_says

from wsss.apps.check.check import check_dataset
from wsss.data.images import read_mask
from wsss.data.index import Index
from wsss.data.layouts.base import Layout
from wsss.data.layouts.folder import Folder
from wsss.data.listing import sentences

Make = Callable[[Path], object]
PLAIN = {"a": ["cat"], "b": ["dog"], "c": ["cat", "dog"], "d": []}
"""What four images show where an input says nothing else."""
LEFT_OUT = "does not list them"
"""Words of a note that most inputs have, since their label files are short."""


@dataclass(frozen=True, kw_only=True)
class Input:
    """One data set of the corpus: what a person has, in words, and what is to be said of it or to come out."""

    name: str
    make: Make
    layout: Callable[..., Layout] = Folder
    options: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
    """What is said where it is refused, as a regular expression; empty where it is read."""
    shows: Mapping[str, Sequence[str]] = field(default_factory=lambda: PLAIN)
    """The classes of every image by its id, where it is read."""
    looks: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    """Pixels of images by id, where they are not those of a lossy format."""
    drawn: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    """Labels of masks by id."""
    noted: str = ""
    """A note on how it was read, as a regular expression; empty where there is nothing to note."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What became of an input: what check and run refuse, what was noted, the index if there is one, what was lost."""

    checked: tuple[str, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    index: Index | None
    lost: tuple[str, ...]

    def said(self) -> str:
        """What the table says of it."""
        return "; ".join(self.refused or ("read", *self.notes))


def read(case: Input, folder: Path) -> Reading:
    """Make an input in a folder, check it, index it as a run does, and compare the folder with what it was."""
    root = folder / "data"
    case.make(root)
    before = contents(root)
    layout = case.layout(root=root, **case.options)
    checked = check_dataset(layout, into=folder)
    refused, index = run_says(layout, folder)
    after = contents(root)
    return Reading(
        checked=tuple(_short(sentence, root) for _, sentence in sentences(checked.problems)),
        refused=tuple(_short(line, root) for line in refused),
        notes=tuple(_short(note, root) for note in (index.notes if index is not None else ()) if LEFT_OUT not in note),
        index=index,
        lost=tuple(name for name, content in before.items() if after.get(name) != content),
    )


def faults(case: Input, reading: Reading) -> Iterator[str]:
    """Yield in what way a reading is not what it is to be."""
    if not set(reading.refused) <= set(reading.checked) or bool(reading.refused) != bool(reading.checked):
        yield f"check and run disagree: {reading.checked} and {reading.refused}"
    if case.refused:
        if not any(re.search(case.refused, line, re.DOTALL) for line in reading.refused):
            yield f"{case.refused!r} is not among what is refused: {reading.said()}"
    elif reading.refused or reading.index is None:
        yield f"is to be read: {reading.said()}"
    else:
        yield from _wrong(case, reading.index)
        if not all(re.search(case.noted or "nothing is noted", note) for note in reading.notes):
            yield f"notes: {reading.notes}"
        if case.noted and not reading.notes:
            yield f"{case.noted!r} is not noted"


def _wrong(case: Input, index: Index) -> Iterator[str]:
    shows = {i: sorted(index.classes[c] for c in record.classes) for i, record in index.records.items()}
    if shows != {i: sorted(names) for i, names in case.shows.items()}:
        yield f"labels: {shows}"
    for i, pixels in case.looks.items():
        if not np.array_equal(found := index.pixels(index.records[i]), pixels):
            yield f"pixels of {i}: {found[0, :3].tolist()} for {pixels[0, :3].tolist()}, shape {found.shape}"
    for i, labels in case.drawn.items():
        mask = index.mask_path(index.records[i])
        if mask is None or not np.array_equal(read_mask(mask), labels):
            yield f"mask of {i}"


def contents(root: Path) -> dict[str, bytes]:
    """The bytes of every file of a data set; a pipe has none that could be lost."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _short(text: str, root: Path) -> str:
    return text.replace(f"{root}/", "").replace(str(root), "<data>")
