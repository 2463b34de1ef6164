"""Annotation files of COCO's form in a folder, and where the images lie that they name."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final

from wsss.data.json_items import EndsEarlyError, json_items
from wsss.data.layouts.coco_file import LISTS
from wsss.paths import is_regular, open_regular

TRAIN: Final = "train"
VAL: Final = "val"
NAMES: Final = {"training": TRAIN, "valid": VAL, "validation": VAL}
"""Other people's names of splits."""
INSTANCES: Final = re.compile(r"instances_([a-z]+)\d*\.json")
"""COCO's own files: split and year."""
BEGINNING: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")
ITEMS: Final = re.compile(rb'"(?:%s)"\s*:\s*\[\s*\{' % b"|".join(name.encode() for name in LISTS))
"""A list of COCO's with objects for items; labels of an image are texts."""
FILE_NAME: Final = re.compile(rb'"file_name"\s*:\s*("(?:[^"\\]|\\.)*")')


def found_coco(root: Path) -> dict[str, Any] | None:
    """Return the annotation files of splits below a folder with their folders of images; None where there are none.

    Files are `annotations/instances_<split><year>.json` as in COCO, `<split>/_annotations.coco.json` as in some
    exports, or others in the folder itself or in `annotations`; of those without a name of a split the first is all.
    """
    splits: dict[str, Path] = {}
    for split, path in _files(root):
        splits.setdefault(split, path)
    if not splits:
        return None
    folders = {split: _images_of(path, root=root, split=split) for split, path in splits.items()}
    return {
        "splits": {split: path.relative_to(root).as_posix() for split, path in splits.items()},
        "image_folders": folders,
    }


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    below = sorted((root / "annotations").glob("*.json"))
    for path in below:
        if official := INSTANCES.fullmatch(path.name):
            yield NAMES.get(official[1], official[1]), path
    for path in sorted(root.glob("*/_annotations.coco.json")):
        yield NAMES.get(path.parent.name, path.parent.name), path
    others = [path for path in (*below, *sorted(root.glob("*.json"))) if not INSTANCES.fullmatch(path.name)]
    for path in others:
        words = re.split(r"[^a-z]+", path.stem.lower())
        split = next((NAMES.get(word, word) for word in words if word in (TRAIN, VAL, "test", *NAMES)), None)
        with _content(path) as content:
            whole, begun = looks_like_coco(content), _begins_as_coco(content)
        if whole or (begun and _ends_early(path)):
            yield split or TRAIN, path


def looks_like_coco(data: bytes | mmap) -> bool:
    """Whether a text seems to be COCO's, without a look at what it means: files of hundreds of megabytes are usual."""
    return all(data.find(f'"{name}"'.encode()) >= 0 for name in LISTS)


def _begins_as_coco(data: bytes | mmap) -> bool:
    return BEGINNING.match(data) is not None and ITEMS.search(data) is not None


def _ends_early(path: Path) -> bool:
    """Whether the end of a file of JSON is missing: whoever reads it says so, with the byte."""
    try:
        with open_regular(path, links=True) as file:
            for _ in json_items(file):
                pass
    except EndsEarlyError:
        return True
    except (ValueError, RecursionError, OSError):
        return False
    return False


def _images_of(path: Path, *, root: Path, split: str) -> str:
    """Return the folder, below `root`, in which the first image of a file lies; a likely one where it lies in none."""
    official = INSTANCES.fullmatch(path.name)
    named = path.stem.removeprefix("instances_") if official else path.parent.name
    likely = [
        named,
        f"images/{named}",
        split,
        f"images/{split}",
        "images",
        path.parent.relative_to(root).as_posix(),
        ".",
    ]
    with _content(path) as content:
        first = _first_image(content)
    there = (name for name in likely if first and is_regular(root / name / first.lstrip("/"), links=True))
    return next(there, next((name for name in likely if (root / name).is_dir()), "images"))


def _first_image(content: bytes | mmap) -> str:
    """Return the first name of an image in a file; nothing where there is none, or what stands there is not JSON."""
    if (found := FILE_NAME.search(content)) is None:
        return ""
    try:
        return str(json.loads(found[1]))
    except ValueError:  # which whoever reads the file tells with its place
        return ""


@contextmanager
def _content(path: Path) -> Iterator[bytes | mmap]:
    """Open a file for a look that reads no more of it than it has to; nothing where it cannot be read, or is empty."""
    with ExitStack() as stack:
        content: bytes | mmap = b""
        with suppress(OSError, ValueError):
            file = stack.enter_context(open_regular(path, links=True))
            content = stack.enter_context(mmap(file.fileno(), 0, access=ACCESS_READ))
        yield content
