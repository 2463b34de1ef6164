"""Images of 16 bits a channel, scaled to 8 bits by the value that stands for white."""

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from jaxtyping import UInt16
from numpy.typing import NDArray
from PIL import Image

from wsss.data.opened import opened
from wsss.data.profiles import PROFILE
from wsss.errors import FileError
from wsss.places import Place

WHITE: Final = 65535
"""The value that is read as white, where nobody says otherwise."""
GREY: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's modes of one channel with 16 bits or, in 32, what may be 16."""
COLOURS: Final = ("RGB", "RGBA")
"""Channels of files from which Pillow reads the high bytes, or the low ones if it is told."""
OTHER_BYTE: Final = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}
"""The order of bytes in which what Pillow takes for the high byte is the low one."""


def is_deep(image: Image.Image) -> bool:
    """Whether an image that is not decoded yet has 16 bits a channel."""
    return image.mode in GREY or _order(image) is not None


def raw_mode(image: Image.Image) -> str:
    """Return how a file that is not decoded yet stores pixels, as Pillow names it; empty where Pillow does not say."""
    tiles: Sequence[Any] = getattr(image, "tile", None) or ()
    args = tiles[0].args if tiles else ()
    return next((each for each in (args if isinstance(args, tuple) else (args,)) if isinstance(each, str)), "")


def has_low_bytes(image: Image.Image) -> bool:
    """Whether both bytes of an image of 16 bits can be read: of grey with opacity Pillow reads the high ones alone."""
    return image.mode in GREY or raw_mode(image).partition(";")[0] in COLOURS


def deep_values(image: Image.Image, path: Place) -> UInt16[np.ndarray, "h w *c"]:
    """Return the values of an image of 16 bits a channel.

    Raises `FileError` for 32-bit integers of which some are not in 0 .. 65535.
    """
    if image.mode not in GREY:
        return _both_bytes(image, path)
    values = np.asarray(image)
    if not 0 <= values.min() <= values.max() <= WHITE:
        raise FileError(path, "has pixels outside 0 .. 65535 (32-bit integers): save it with 8 or 16 bits a pixel")
    return values.astype(np.uint16)


def eight_bits(image: Image.Image, path: Place, *, white: int) -> Image.Image:
    """Return an image of 16 bits with 8: `white` and what is brighter become 255, and opacity keeps its range.

    Raises `FileError` where `deep_values` does, and for grey with opacity where white is not 65535.
    """
    if not has_low_bytes(image):
        if white != WHITE:
            raise FileError(
                path, f"is grey of 16 bits with opacity, which dataset.white={white} cannot scale: save it without"
            )
        return image
    values = deep_values(image, path)
    colours = _scaled(white)[values]
    if image.mode == "RGBA":
        colours[..., 3] = _scaled(WHITE)[values[..., 3]]
    shown = Image.fromarray(colours)
    shown.info = {key: value for key, value in image.info.items() if key == PROFILE}
    return shown


@cache
def _scaled(white: int) -> NDArray[np.uint8]:
    """Return the 8 bits of every value of 16."""
    return (np.arange(WHITE + 1) * (255 / white)).round().clip(0, 255).astype(np.uint8)


def _both_bytes(image: Image.Image, path: Place) -> UInt16[np.ndarray, "h w c"]:
    """Return the values of coloured channels, of which Pillow decodes one byte at a time."""
    order = _order(image)
    assert order is not None
    with opened(path) as other:
        other.tile = [tile._replace(args=_swapped(tile.args, order)) for tile in other.tile]  # type: ignore[attr-defined]
        low = np.asarray(other)
    high = np.asarray(image).astype(np.uint16)
    return np.asarray((high << 8) | low)


def _order(image: Image.Image) -> str | None:
    """Return how the file orders the bytes of a channel of 16 bits; None for other depths."""
    depth = raw_mode(image).partition(";")[2]
    return depth if depth in OTHER_BYTE else None


def _swapped(args: Any, order: str) -> Any:
    if isinstance(args, tuple):
        return tuple(_swapped(each, order) for each in args)
    return args.replace(f";{order}", f";{OTHER_BYTE[order]}") if isinstance(args, str) else args
