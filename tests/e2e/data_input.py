"""Give check and index one data set as people hand it over, and see what each says of it and what comes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toy_runs import contents

from wsss.apps.check.check import check_dataset
from wsss.data.layouts.base import Layout
from wsss.data.layouts.folder import Folder
from wsss.data.listing import sentences, skip_remedy
from wsss.errors import DataError

Make = Callable[[Path], object]


@dataclass(frozen=True, kw_only=True)
class Input:
    """One data set of the corpus: what a person has, in words, and what is to be said of it or to come out."""

    name: str
    make: Make
    layout: Callable[..., Layout] = Folder
    options: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
    """What is said where it is refused, as a regular expression; empty where it is read."""
    shows: Mapping[str, Sequence[str]] | None = None
    """The classes of every image by its id, where it is read; None where the images of `PLAIN` are."""
    noted: str = ""
    """A note on how it was read, as a regular expression; empty where there is nothing to note."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What became of an input: what check and run refuse, what was noted, what the images show, and what was lost."""

    checked: tuple[str, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    shows: Mapping[str, Sequence[str]]
    lost: tuple[str, ...]

    def said(self) -> str:
        """What the table says of it."""
        if self.refused:
            return "\n".join(self.refused)
        return "\n".join(["read", *(f"note: {note}" for note in self.notes)])


def read(case: Input, folder: Path) -> Reading:
    """Make an input in a folder, check it, index it as a run does, and compare the folder with what it was."""
    root = folder / "data"
    case.make(root)
    before = contents(root)
    layout = case.layout(root=root, **case.options)
    checked = check_dataset(layout, into=folder)
    try:
        layout.sources()
        index = layout.index(folder)
    except DataError as error:
        refused, notes, shows = _lines(error), checked.notes, {}
    else:
        refused, notes = (), index.notes
        shows = {i: [index.classes[c] for c in record.classes] for i, record in index.records.items()}
    after = contents(root)
    return Reading(
        checked=tuple(_short(sentence, root) for _, sentence in sentences(checked.problems)),
        refused=tuple(_short(line, root) for line in refused),
        notes=tuple(_short(note, root) for note in notes),
        shows=shows,
        lost=tuple(name for name, content in before.items() if after.get(name) != content),
    )


def _lines(error: DataError) -> tuple[str, ...]:
    lines = [line.strip().removesuffix(f"; {skip_remedy()}") for line in str(error).split("\n  ")]
    return tuple(line for line in lines if not line.endswith("problems of the data set:") and line != skip_remedy())


def _short(text: str, root: Path) -> str:
    return text.replace(f"{root}/", "").replace(str(root), "<data>")
