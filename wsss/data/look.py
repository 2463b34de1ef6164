"""Decode images and their masks for a check: sizes, pixels of every label, and hashes that tell equal images."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from wsss.data.examine import MOST_READERS, labels_in
from wsss.data.images import read_image, read_mask
from wsss.data.layouts.base import Entry
from wsss.errors import DataError
from wsss.labels import IGNORE, label_count
from wsss.types import Size


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one image is, or what is broken and why. A broken mask leaves what the image says."""

    size: Size | None = None
    content: str = ""
    """Hash of the decoded pixels and their size: equal for a copy in another format that loses nothing."""
    file: str = ""
    """Hash of the file's bytes."""
    labels: Mapping[int, int] = field(default_factory=dict)
    """Pixels of each label that the mask holds; none without a mask."""
    broken: Literal["image", "mask"] | None = None
    why: str = ""


def look_at_all(
    entries: Sequence[Entry], *, root: Path, classes: Sequence[str], advance: Callable[[], None]
) -> list[Look]:
    """Look at every image on threads; `advance` is called after each. Decoding lets other threads run."""
    looks = []
    with ThreadPoolExecutor(min(MOST_READERS, os.cpu_count() or 1)) as pool:
        for look in pool.map(lambda entry: look_at(entry, root=root, classes=classes), entries):
            looks.append(look)
            advance()
    return looks


def look_at(entry: Entry, *, root: Path, classes: Sequence[str]) -> Look:
    """Decode an image and its mask to the end."""
    path = root / entry.image
    try:
        pixels = read_image(path)
    except DataError as error:
        return Look(broken="image", why=str(error))
    height, width = pixels.shape[:2]
    size = Size(height=height, width=width)
    digest = hashlib.blake2b(f"{width} x {height}".encode(), digest_size=16)
    digest.update(pixels.data)
    content, file = digest.hexdigest(), hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    try:
        labels = {} if entry.mask is None else _pixels_of_labels(root / entry.mask, size=size, classes=classes)
    except DataError as error:
        return Look(size=size, content=content, file=file, broken="mask", why=str(error))
    return Look(size=size, content=content, file=file, labels=labels)


def _pixels_of_labels(path: Path, *, size: Size, classes: Sequence[str]) -> dict[int, int]:
    mask = read_mask(path)
    counts = np.bincount(mask.ravel(), minlength=IGNORE + 1)
    if mask.shape != size.over(1) or counts[label_count(classes) : IGNORE].any():
        labels_in(path, size=size, classes=classes)  # says what is wrong, as a run does
    return {int(label): int(counts[label]) for label in np.flatnonzero(counts)}
