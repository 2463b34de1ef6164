"""Arguments of `wsss explain`: the true masks of images, and masks of what is asked about."""

from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from wsss.apps.batch.inputs import Inputs
from wsss.data.images import read_mask, read_size
from wsss.errors import DataError

MASK = ".png"


def masks_of(inputs: Inputs, given: Path, *, key: str = "--mask") -> dict[str, Path]:
    """Return the mask of every image that can be read: `given`, or `<image without suffix>.png` in the folder `given`.

    Raises `DataError` for one mask of several images, for a mask that is missing or cannot be read, and for one of
    another size than its image.
    """
    if not given.is_dir() and len(inputs.names) > 1:
        raise DataError(f"{key} {given} is one mask for {len(inputs.names)} images: name a folder of masks")
    masks = {image: _mask_of(image, given, key=key) for image in inputs.names}
    return {image: mask for image, mask in masks.items() if _fits(mask, inputs.root / image)}


def _mask_of(image: str, given: Path, *, key: str) -> Path:
    mask = given / PurePosixPath(image).with_suffix(MASK) if given.is_dir() else given
    if not mask.is_file():
        raise DataError(f"{mask} is not there: {key} takes a mask, or a folder of masks that are named as the images")
    return mask


def _fits(mask: Path, image: Path) -> bool:
    """Whether an image can be read at all; its mask must have its size then."""
    labels: UInt8[np.ndarray, "h w"] = read_mask(mask)
    try:
        size = read_size(image)
    except DataError:
        return False
    if labels.shape != size.over(1):
        found = f"{labels.shape[1]} x {labels.shape[0]} pixels"
        raise DataError(
            f"{mask} has {found} and {image} has {size.width} x {size.height}: masks have their image's size"
        )
    return True
