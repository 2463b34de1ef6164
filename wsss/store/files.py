"""Formats of single items; each is written as a whole, see `wsss.store.texts`."""

import hashlib
import zipfile
import zlib
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from wsss.errors import StoreError
from wsss.labels import palette
from wsss.store.texts import REMEDY, whole
from wsss.types import ScoreMaps, Size

SCORES = ".npz"
MASK = ".png"
FLAT: Final = 10_000
"""Images of a data set up to which all items lie in one folder: tools and file systems grow slow on larger ones."""
LONGEST: Final = 200
"""Characters of an item's name before its suffix: file systems take 255 bytes, `whole` adds a few of its own."""

_TORN: Final = (OSError, EOFError, KeyError, RuntimeError, TypeError, ValueError, zipfile.BadZipFile, zlib.error)
"""What numpy's reader raises on files that were cut off or in which bytes were changed: tried."""

_PARSING: Final = Lock()
"""Held while numpy parses a header: `ast` is not safe on several threads before Python 3.11.5 (cpython#106905)."""


def item_name(image_id: str, suffix: str) -> str:
    """Return the file name of an image's item: the id with everything quoted that a file name may not hold.

    Names of different ids differ: what is cut off a long one is replaced by its hash, after `%-`, which no quoting
    makes.
    """
    name = quote(image_id, safe=" ()'")
    if name.startswith("."):
        name = f"%2E{name[1:]}"  # hidden files are what `whole` has not finished
    if len(name) > LONGEST:
        digest = hashlib.sha256(image_id.encode()).hexdigest()[:32]
        name = f"{name[: LONGEST - len(digest) - 2]}%-{digest}"
    return name + suffix


def item_place(image_id: str, suffix: str, *, among: int) -> str:
    """Return the path of an image's item in its artifact's folder.

    Items of a data set of more than `FLAT` images spread over 256 sub-folders, named by a hash of the id.
    """
    name = item_name(image_id, suffix)
    return name if among <= FLAT else f"{hashlib.sha256(image_id.encode()).hexdigest()[:2]}/{name}"


def write_scores(path: Path, maps: ScoreMaps) -> None:
    """Write score maps as a deflated float16 npz; bytes depend on the maps alone."""
    arrays: dict[str, Any] = {
        "labels": maps.labels.cpu().numpy().astype(np.uint8),
        "scores": maps.scores.cpu().numpy().astype(np.float16, order="C"),
        "size": np.array(maps.size.over(1), dtype=np.int32),
    }
    with whole(path) as hidden, hidden.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_scores(path: Path) -> ScoreMaps:
    """Read score maps onto the CPU as float32; raises `StoreError` that names a file which is missing or torn."""
    try:
        with zipfile.ZipFile(path) as archive:
            labels, scores, size = (_array(archive, name) for name in ("labels", "scores", "size"))
        height, width = size.tolist()
        return ScoreMaps(
            labels=torch.from_numpy(labels.astype(np.int64)),
            scores=torch.from_numpy(scores.astype(np.float32)),
            size=Size(height=height, width=width),
        )
    except _TORN as error:
        raise StoreError(f"{path} holds no score maps ({error}): {REMEDY}") from error


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Return an array of an npz; what numpy's own reader does, but for the lock."""
    with archive.open(f"{name}.npy") as file:
        with _PARSING:
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise ValueError(f"{name} has a header of version {version}")
            shape, transposed, dtype = np.lib.format.read_array_header_1_0(file)
        if transposed or dtype.hasobject:
            raise ValueError(f"{name} has another layout than it was written in")
        return np.frombuffer(file.read(), dtype=dtype).reshape(shape)


def are_whole_scores(path: Path) -> bool:
    """Tell whether score maps can be read to their end; every array has a checksum."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except _TORN:
        return False


def write_mask(path: Path, labels: NDArray[np.uint8]) -> None:
    """Write a mask `[h w]` as a palette PNG in VOC's colours: viewers show colours, programs read label ids."""
    picture = Image.fromarray(labels)
    picture.putpalette(palette().tobytes())
    with whole(path) as hidden:
        picture.save(hidden, format="PNG", optimize=False)


def read_mask_item(path: Path) -> NDArray[np.uint8]:
    """Read a mask that `write_mask` wrote; raises `StoreError` that names a file which is missing or torn."""
    try:
        with Image.open(path) as picture:
            return np.array(picture, dtype=np.uint8)
    except (OSError, SyntaxError) as error:
        raise StoreError(f"{path} holds no mask ({error}): {REMEDY}") from error


def is_whole_mask(path: Path) -> bool:
    """Tell whether a mask can be read to its end; every chunk of a PNG has a checksum."""
    try:
        with Image.open(path) as picture:
            picture.verify()
    except (*_TORN, SyntaxError):
        return False
    return True
