"""Look at every image and mask of a data set once, before anything is learnt from it, and name all that is broken."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from rich.console import Console
from rich.progress import track

from wsss.data.images import check_image, read_mask
from wsss.errors import DataError, one_of
from wsss.labels import IGNORE, label_count, label_names
from wsss.types import Size

SHOWN_PROBLEMS: Final = 10
"""So many of a data set's broken files are listed; the rest are counted."""
MOST_READERS: Final = 8
"""So many images are decoded at once: large ones fill the memory."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What an image is: its size and the labels that its mask holds, or what is broken and why."""

    size: Size | None = None
    labels: frozenset[int] = frozenset()
    broken: Literal["image", "mask"] | None = None
    why: str = ""


def examine_all(files: Sequence[tuple[Path, Path | None]], *, classes: Sequence[str]) -> list[Finding]:
    """Examine images, each with the path of its mask or None, and show a bar on a terminal."""
    hidden = not Console().is_terminal
    with ThreadPoolExecutor(min(MOST_READERS, os.cpu_count() or 1)) as pool:
        found = pool.map(lambda pair: examine(pair[0], mask=pair[1], classes=classes), files)
        return list(track(found, "checking images", total=len(files), transient=True, disable=hidden))


def examine(image: Path, *, mask: Path | None, classes: Sequence[str]) -> Finding:
    """Decode an image and its mask; what is wrong is returned, since one bad file must not hide the next."""
    try:
        size = check_image(image)
    except DataError as error:
        return Finding(broken="image", why=str(error))
    try:
        return Finding(size=size, labels=frozenset() if mask is None else labels_in(mask, size=size, classes=classes))
    except DataError as error:
        return Finding(broken="mask", why=str(error))


def labels_in(mask: Path, *, size: Size, classes: Sequence[str]) -> frozenset[int]:
    """Return the labels that a mask holds; raises `DataError` where it does not fit its image's size or the classes."""
    ids = read_mask(mask)
    height, width = ids.shape
    if (height, width) != (size.height, size.width):
        raise DataError(
            f"{mask} is {width} x {height} pixels and its image {size.width} x {size.height}: "
            "draw the mask at the image's size"
        )
    labels = frozenset(np.flatnonzero(np.bincount(ids.ravel(), minlength=256)).tolist())
    strange = [label for label in sorted(labels) if not (label < label_count(classes) or label == IGNORE)]
    if strange:
        raise DataError(f"{mask} holds the labels {one_of([str(s) for s in strange])}: draw {meanings(classes)}")
    return labels


def refuse(broken: Sequence[Finding]) -> None:
    """Raise a `DataError` with all files that are broken, if any is."""
    if not broken:
        return
    images = any(each.broken == "image" for each in broken)
    remedy = ["dataset.on_bad_image=skip leaves out images that cannot be read"] if images else []
    if len(broken) == 1:
        raise DataError("; ".join([broken[0].why, *remedy]))
    shown = [each.why for each in broken[:SHOWN_PROBLEMS]]
    rest = [f"and {len(broken) - len(shown)} more"] if len(broken) > len(shown) else []
    raise DataError("\n  ".join([f"{len(broken)} files cannot be used:", *shown, *rest, *remedy]))


def meanings(classes: Sequence[str]) -> str:
    """Return what a mask of these classes may hold, in words."""
    names = one_of([f"{label} for {name}" for label, name in enumerate(label_names(classes))])
    return f"{names}, and {IGNORE} for pixels to ignore"
