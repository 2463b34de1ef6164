"""The images that a command was given, and the name of each one's results: no two images have one name."""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from wsss.data.archives import archive_of, is_file, is_folder, names_below, read_source
from wsss.data.images import IMAGE_SUFFIXES, find_images
from wsss.data.layouts.shard_labels import masks_beside
from wsss.data.layouts.shard_names import shards_at
from wsss.data.opened import image_errors
from wsss.errors import DataError, one_of


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Images below one folder: `names` maps each path relative to `root`, as POSIX, to the name of its results."""

    root: Path
    names: dict[str, str]
    masks: Mapping[str, Path] = field(default_factory=dict)
    """The true masks of those images that have one."""
    pixels: Mapping[str, Path] = field(default_factory=dict)
    """Masks of what is asked about, where not the whole image is."""
    left_out: tuple[str, ...] = ()
    """Masks that archives hold beside images and their labels, relative to `root`."""

    def notes(self) -> list[str]:
        """Return a sentence on what was left out, if anything was."""
        if not self.left_out:
            return []
        why = "because they lie beside an image and its labels, as masks do; an image that is named is always taken"
        return [f"left out, {len(self.left_out)} images of archives, {why}: {one_of(self.left_out, limit=5)}"]

    def digests(self, image: str) -> dict[str, dict[str, Any]]:
        """Return size and SHA-256 of an image and of its masks; raises `DataError` where one cannot be read."""
        files = {"image": self.root / image}
        files |= {key: of[image] for key, of in (("mask", self.masks), ("pixels", self.pixels)) if image in of}
        return {key: _digest(path) for key, path in files.items()}


def find_inputs(given: Sequence[Path], *, without: Sequence[Path] = ()) -> Inputs:
    """Return the images that are given, one by one or as folders with their sub-folders, each once.

    `root` is the innermost folder that holds everything given. Names keep the folders below it, and drop the suffix
    wherever that leaves them apart: `a.jpg` is `a`, but beside `a.png` they are `a.jpg` and `a.png`. What lies in a
    folder of `without` or in a hidden one is left out, unless it is given itself; so are the masks of shards.

    Raises:
        DataError: Something is not there, a folder holds no image, or a name is not UTF-8, which no table can hold.
    """
    places = [_located(path.expanduser()) for path in given]
    avoided = [path.resolve() for path in without]
    found: dict[Path, None] = {}
    masks: dict[Path, None] = {}
    for path in places:
        images, beside = _images_of(path, without=avoided)
        found.update(dict.fromkeys(images))
        masks.update(dict.fromkeys(beside))
    foreign = [os.fsencode(path) for path in found if not _is_text(path)]
    if foreign:
        raise DataError(f"the names of {len(foreign)} images are not UTF-8, such as {foreign[0]!r}: rename them")
    root = Path(os.path.commonpath([path if is_folder(path) else path.parent for path in places]))
    left_out = tuple(path.relative_to(root).as_posix() for path in masks if path not in found)
    names = result_names([path.relative_to(root).as_posix() for path in found])
    return Inputs(root=root, names=names, left_out=left_out)


def result_names(images: Sequence[str]) -> dict[str, str]:
    """Map relative paths to names without a suffix, or with it where another image would have the same name."""
    stems = {image: str(PurePosixPath(image).with_suffix("")) for image in images}
    taken = Counter([*images, *stems.values()])
    return {image: stem if taken[stem] == 1 else image for image, stem in stems.items()}


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _digest(path: Path) -> dict[str, Any]:
    with image_errors(path):
        data = read_source(path)
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _located(path: Path) -> Path:
    """Return an absolute path without `..`; a link to an image keeps its own name."""
    return path.resolve() if is_folder(path) else path.parent.resolve() / path.name


def _images_of(path: Path, *, without: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the images at a path, and those that are masks of others."""
    if is_file(path):
        return [path], []
    if not is_folder(path):
        raise DataError(f"{path} is not there: name images, or folders or archives of images")
    beside = {path / name for name in masks_beside(names_below(path))} if archive_of(path) else set()
    inside = [path / image for image in find_images(path)]
    inside = [image for image in inside if not any(image.is_relative_to(folder) for folder in without)]
    if not inside:
        raise DataError(f"{path} holds no image, nor do its sub-folders: {_elsewhere(path)}")
    return [image for image in inside if image not in beside], [image for image in inside if image in beside]


def _elsewhere(path: Path) -> str:
    """Return the remedy for a folder without images: archives that lie in it, or else another folder."""
    if archive_of(path) is None and (archives := shards_at(path)):
        named = one_of([str(path / name) for name in archives], limit=3)
        return f"name the archives that lie there ({named})"
    return f"name another folder; images end in {', '.join(sorted(IMAGE_SUFFIXES))}"
