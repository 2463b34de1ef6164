"""Formats of single items; each is written as a whole, see `wsss.store.texts`."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from wsss.data.opened import MOST_PIXELS
from wsss.errors import StoreError
from wsss.labels import palette
from wsss.places import Place, open_place
from wsss.store import arrays
from wsss.store.texts import REMEDY, write_bytes
from wsss.types import ScoreMaps, Size
from wsss.validation import reason

SCORES = ".npz"
MASK = ".png"
EMBEDDING = ".npz"
LAYERS = ".npz"
FLAT: Final = 10_000
"""Images of a data set up to which all items lie in one folder: tools and file systems grow slow on larger ones."""
LONGEST: Final = 200
"""Characters of an item's name before its suffix: file systems take 255 bytes, `whole` adds a few of its own."""

MOST_LABELS: Final = 256
MOST_CHANNELS: Final = 100_000
"""Of the last maps of a network: more than any has."""
MOST_LAYERS: Final = 1_000
"""Of regions of an image."""
_UNREADABLE: Final = (*arrays.TORN, Image.DecompressionBombError, Image.DecompressionBombWarning)


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


def encode_scores(maps: ScoreMaps) -> bytes:
    """Return score maps as a deflated float16 npz; bytes depend on the maps alone."""
    arrays: dict[str, Any] = {
        "labels": maps.labels.cpu().numpy().astype(np.uint8),
        "scores": maps.scores.cpu().numpy().astype(np.float16, order="C"),
        "size": np.array(maps.size.over(1), dtype=np.int32),
    }
    if maps.peaks is not None:
        arrays["peaks"] = maps.peaks.cpu().numpy().astype(np.float32)
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def read_scores(path: Place, size: Size | None = None) -> ScoreMaps:
    """Read score maps onto the CPU as float32.

    Raises `StoreError` that names a file which is missing or torn, or whose maps are not of an image of `size`.
    """
    with arrays.opened(path, what="score maps") as archive:
        height, width = archive.read("size", dtype=np.int32, most=(2,)).tolist()
        found = Size(height=height, width=width)
        if found != (size or found) or found.height * found.width > MOST_PIXELS:
            raise ValueError(f"they are of an image of {width} x {height} pixels")
        labels = archive.read("labels", dtype=np.uint8, most=(MOST_LABELS,))
        scores = archive.read("scores", dtype=np.float16, most=(len(labels), height, width))
        peaks = archive.read("peaks", dtype=np.float32, most=(MOST_LABELS,)) if archive.has("peaks") else None
        return ScoreMaps(
            labels=torch.from_numpy(labels.astype(np.int64)),
            scores=torch.from_numpy(scores.astype(np.float32)),
            size=found,
            peaks=None if peaks is None else torch.from_numpy(peaks.copy()),
        )


def are_whole_scores(path: Path, size: Size) -> bool:
    """Tell whether the score maps of an image can be read to their end."""
    pixels = MOST_LABELS * size.height * size.width
    return arrays.is_whole(path, most=5 * arrays.HEADER + pixels * np.dtype(np.float16).itemsize)


def encode_embedding(embedding: NDArray[np.float16]) -> bytes:
    """Return an embedding `[d]` as npz; bytes depend on it alone."""
    file = BytesIO()
    np.savez(file, allow_pickle=False, embedding=embedding)
    return file.getvalue()


def read_embedding(path: Place, _: Size | None = None) -> NDArray[np.float16]:
    """Read an embedding; raises `StoreError` that names a file which is missing or torn."""
    with arrays.opened(path, what="embedding") as archive:
        found = archive.read("embedding", dtype=np.float16, most=(MOST_CHANNELS,))
        if not np.isfinite(found).all():
            raise ValueError("it holds numbers that are not finite")
        return found


def is_whole_embedding(path: Path, _: Size) -> bool:
    """Tell whether an embedding can be read to its end."""
    return arrays.is_whole(path, most=arrays.HEADER + MOST_CHANNELS * np.dtype(np.float16).itemsize)


def encode_regions(layers: NDArray[np.uint16]) -> bytes:
    """Return regions `[k h w]` as a deflated npz; bytes depend on them alone."""
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"{len(layers)} layers of regions are more than {MOST_LAYERS}: ask for fewer regions")
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, layers=np.ascontiguousarray(layers))
    return file.getvalue()


def read_regions(path: Place, size: Size | None = None) -> NDArray[np.uint16]:
    """Read regions `[k h w]`.

    Raises `StoreError` that names a file which is missing or torn, or whose regions are not of an image of `size`.
    """
    sides = (2**16, 2**16) if size is None else size.over(1)
    with arrays.opened(path, what="regions") as archive:
        layers = archive.read("layers", dtype=np.uint16, most=(MOST_LAYERS, *sides))
        height, width = layers.shape[1:]
        if (height, width) != (size.over(1) if size else (height, width)) or height * width > MOST_PIXELS:
            raise ValueError(f"they are of an image of {width} x {height} pixels")
        return layers


def are_whole_regions(path: Path, size: Size) -> bool:
    """Tell whether the regions of an image can be read to their end."""
    pixels = MOST_LAYERS * size.height * size.width
    return arrays.is_whole(path, most=arrays.HEADER + pixels * np.dtype(np.uint16).itemsize)


def encode_mask(labels: NDArray[np.uint8]) -> bytes:
    """Return a mask `[h w]` as a palette PNG in VOC's colours: viewers show colours, programs read label ids."""
    picture, file = Image.fromarray(labels), BytesIO()
    picture.putpalette(palette().tobytes())
    picture.save(file, format="PNG", optimize=False)
    return file.getvalue()


def write_mask(path: Path, labels: NDArray[np.uint8]) -> None:
    """Write a mask as `encode_mask` does."""
    write_bytes(path, encode_mask(labels))


def read_mask_item(path: Place, size: Size | None = None) -> NDArray[np.uint8]:
    """Read a mask that `write_mask` wrote.

    Raises `StoreError` that names a file which is missing or torn, or is not of an image of `size`.
    """
    try:
        with _opened(path, size) as picture:
            return np.array(picture, dtype=np.uint8)
    except StoreError:
        raise  # a bucket does not answer, which says nothing of the mask
    except _UNREADABLE as error:
        raise StoreError(f"{path} holds no mask ({reason(error)}): {REMEDY}") from error


def is_whole_mask(path: Path, size: Size) -> bool:
    """Tell whether the mask of an image can be read to its end; every chunk of a PNG has a checksum."""
    try:
        with _opened(path, size) as picture:
            picture.verify()
    except _UNREADABLE:
        return False
    return True


@contextmanager
def _opened(path: Place, size: Size | None) -> Iterator[Image.Image]:
    with open_place(path) as file, Image.open(file, formats=("PNG",)) as picture:
        width, height = picture.size
        expected = (width, height) if size is None else (size.width, size.height)
        if picture.mode not in ("P", "L") or (width, height) != expected or width * height > MOST_PIXELS:
            raise ValueError(f"it is a picture of {width} x {height} pixels and mode {picture.mode}")
        yield picture
