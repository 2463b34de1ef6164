"""Masks that people drew or corrected, for a network to learn from: some images have one, most do not."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from wsss.data.examine import labels_in, refuse_unturned
from wsss.data.images import find_images, read_mask, read_size, reduced_mask
from wsss.data.index import Index, Record
from wsss.data.layouts.base import by_id
from wsss.errors import DataError, one_of

KEY = "masks.annotated"
SUFFIX = ".png"
NAMED = 5


def annotated_masks(folder: Path, index: Index, *, splits: Iterable[str]) -> Mapping[str, Path]:
    """Return the masks `<id>.png` of a folder by their image's id, for the images of some splits that have one.

    Raises `DataError` for a file that is not the mask of an image, two masks of one image, and no mask of
    these splits.
    """
    splits = tuple(splits)
    files = by_id(find_images(folder))
    strange = [path for i, paths in files.items() for path in paths if i not in index.records or _is_other(path)]
    if strange:
        remedy = f"name masks like their images, as {SUFFIX}"
        raise DataError(f"{KEY}: no image has such a mask as {one_of(strange, limit=NAMED)} in {folder}: {remedy}")
    if twice := [paths for paths in files.values() if len(paths) > 1]:
        raise DataError(f"{KEY}: {' and '.join(twice[0])} in {folder} are of one image: delete one of them")
    found = {record.id: folder / files[record.id][0] for record in index.union(splits) if record.id in files}
    if not found:
        example = next(iter(index.union(splits))).id
        raise DataError(
            f"{KEY}: {folder} holds no mask of any image of split {' or '.join(splits)}, such as {example}{SUFFIX}: "
            "put masks there, or leave it out"
        )
    return found


def check_annotated(masks: Mapping[str, Path], index: Index) -> None:
    """Raise `DataError` for the first mask of another size than its image, or with labels that are not the classes'."""
    for i, path in masks.items():
        image = index.image_path(index.records[i])
        size = read_size(image)
        refuse_unturned(path, size=size, image=image)
        labels_in(path, size=size, classes=index.classes)


def read_annotated(path: Path, record: Record, *, index: Index) -> UInt8[np.ndarray, "h w"]:
    """Read a mask at the size at which the index gives its image; raises `DataError` where it has another shape."""
    labels = reduced_mask(read_mask(path), index.long_side)
    if labels.shape != (record.size.height, record.size.width):
        raise DataError(f"{path} is not as large as its image: draw the mask at the image's size")
    return labels


def _is_other(path: str) -> bool:
    return not path.lower().endswith(SUFFIX)
