"""Arguments of `wsss explain`: names joined by commas, and the true masks of images."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

import numpy as np
from jaxtyping import UInt8

from wsss.apps.batch.inputs import Inputs
from wsss.data.images import read_mask, read_size
from wsss.errors import ConfigError, DataError, one_of

MASK = ".png"
MANY: Final = 40
"""Names up to which all are listed where one is not known."""
SHOWN: Final = 20
"""Of more, those are that contain what was asked for, as many as this."""
NO_SYNONYMS: Final[Mapping[str, str]] = MappingProxyType({})


def names_in(
    text: str, *, known: Sequence[str], key: str, synonyms: Mapping[str, str] = NO_SYNONYMS
) -> tuple[str, ...]:
    """Return names that are joined by commas; a name that has a comma itself can stand alone.

    `synonyms` are other words for known names, in lower case. Raises `ConfigError` for every name that is not known,
    with `key` and the known ones: of many, those that contain it, if there are any.
    """
    words = (text,) if text in known else tuple(name.strip() for name in text.split(",") if name.strip())
    names = tuple(word if word in known else synonyms.get(word.lower(), word) for word in words)
    problems = [f"{key}: there is no {name!r}; {_near(name, known)}" for name in names if name not in known]
    if problems or not names:
        raise ConfigError(problems or [f"{key}: names none; there are: {one_of(known)}"])
    return names


def _near(name: str, known: Sequence[str]) -> str:
    near = [each for each in known if name.lower() in each.lower()] if len(known) > MANY else []
    return f"names with it are: {one_of(near, limit=SHOWN)}" if near else f"there are: {one_of(known)}"


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
