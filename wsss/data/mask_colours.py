"""Masks in the colours of PASCAL VOC, back to the labels that the colours stand for."""

from functools import cache

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from wsss.errors import FileError
from wsss.labels import palette
from wsss.places import Place


def labels_of_colours(pixels: UInt8[np.ndarray, "h w 3"], path: Place) -> UInt8[np.ndarray, "h w"]:
    """Return the labels of a mask in VOC's colours; raises `FileError` for other colours."""
    codes, (wanted, labels_of) = _codes(pixels), _wanted_codes()
    place = np.searchsorted(wanted, codes).clip(max=255)
    strange = wanted[place] != codes
    if strange.any():
        colour = tuple(int(value) for value in pixels[strange][0])
        raise FileError(
            path,
            f"has {int(strange.sum())} pixels in colours that are not VOC's, {colour} first: "
            "draw masks as palette or grey PNGs, a value a label",
        )
    return np.asarray(labels_of[place])


@cache
def _wanted_codes() -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return the codes of the palette's colours, increasing, and their labels."""
    codes = _codes(palette())
    order = np.argsort(codes)
    return codes[order], order.astype(np.uint8)


def _codes(colours: UInt8[np.ndarray, "*n 3"]) -> NDArray[np.int32]:
    red, green, blue = np.moveaxis(colours.astype(np.int32), -1, 0)
    return np.asarray((red << 16) | (green << 8) | blue)
