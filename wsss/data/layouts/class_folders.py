"""Folders as labels: an image shows the class that its folder is named after; folders of splits may stand above."""

from collections.abc import Iterator, Sequence
from typing import Final

from wsss.data.layouts.label_row import LabelRow
from wsss.data.listing import Problem

SPLIT_NAMES: Final = frozenset(("train", "training", "val", "valid", "validation", "test", "testing"))
"""Folders that are splits where no other folder stands beside them; `train` beside `car` is a class."""


def rows_of_folders(names: Sequence[str], *, folder: str) -> Iterator[LabelRow | Problem]:
    """Yield a row for every image, and a problem for each that lies in the folder of no class."""
    splits = split_folders(names)
    depth = 1 if splits else 0
    for name in names:
        *folders, _ = name.split("/")
        if len(folders) > depth:
            split = folders[0] if len(splits) > 1 else None
            yield LabelRow(image=name, names=(folders[depth],), split=split, source=f"{folder}/{name}")
        else:
            remedy = "move it there, or list labels in a file, which may leave them empty"
            why = f"{folder}/{name} lies in the folder of no class: {remedy}"
            yield Problem(kind="label", why=why, name=name, complaint="no folder")


def split_folders(names: Sequence[str]) -> tuple[str, ...]:
    """Return the folders that are splits, by their names; none where other folders stand beside them."""
    first = sorted({name.partition("/")[0] for name in names if "/" in name})
    return tuple(first) if all(name.lower() in SPLIT_NAMES for name in first) else ()


def folder_notes(names: Sequence[str], *, folder: str) -> list[str]:
    """Return how folders were read where that is not plain to see."""
    splits = split_folders(names)
    if not splits:
        return []
    if len(splits) == 1:
        return [f"{splits[0]!r} is a split, and classes the folders in it"]
    return [f"splits are the folders {', '.join(splits)} of {folder!r}, and classes the folders in them"]
