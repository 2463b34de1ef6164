"""Masks as COCO's compressed run lengths: columns one after the other, runs of 0 and 1 by turns, 0 first."""

import numpy as np
from jaxtyping import Bool

from wsss.errors import DataError

OFFSET = 48
"""Of the first of the 64 characters."""


def coco_counts(mask: Bool[np.ndarray, "h w"]) -> str:
    """Return the `counts` of a mask, as pycocotools writes them (`rleToString` of its maskApi.c).

    >>> coco_counts(np.array([[False, True], [True, True]]))
    '13'
    """
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(np.diff(flat, prepend=False))
    runs = np.diff(np.concatenate([[0], changes, [flat.size]])).tolist()
    # From the fourth run on, each is written as its difference from the last but one.
    written = [run - runs[place - 2] if place > 2 else run for place, run in enumerate(runs)]
    return "".join(_characters(number) for number in written)


def coco_mask(counts: str, *, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Return the mask of `counts`; raises `DataError` where they are not those of a mask of this size."""
    runs: list[int] = []
    number, shift = 0, 0
    for character in counts:
        bits = ord(character) - OFFSET
        if not 0 <= bits < 64 or shift > 30:
            raise DataError(f"the run lengths hold {character!r} where COCO has none: export them again")
        number |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            number -= (1 << shift) if bits & 16 else 0
            runs.append(number + runs[-2] if len(runs) > 2 else number)
            number, shift = 0, 0
    if shift or min(runs, default=-1) < 0 or sum(runs) != height * width:
        raise DataError(f"the run lengths are not those of {width} x {height} pixels: export them again")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape((height, width), order="F")


def _characters(number: int) -> str:
    """Write a number by five bits a character, the lowest first; a sixth bit says that more follow."""
    written = ""
    while True:
        bits, number = number & 31, number >> 5
        more = number != (-1 if bits & 16 else 0)
        written += chr((bits | 32 if more else bits) + OFFSET)
        if not more:
            return written
