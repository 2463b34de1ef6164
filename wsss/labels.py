"""Mask ids and class indices: the one place that knows that class c is drawn as c + 1.

A *class* is an index into the foreground classes, 0 .. C-1. A *label* is what a mask holds: 0 is background, class c is
c + 1 and 255 is ignored everywhere.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wsss.errors import DataError, brief

BACKGROUND: Final = 0
IGNORE: Final = 255
BACKGROUND_NAME: Final = "background"
MAX_CLASSES: Final = 254
"""Labels are stored in one byte: 0 and 255 are taken."""
LONGEST_NAME: Final = 200
"""Letters of a class's name: tables and pictures show it."""
HIDDEN: Final = ("Cc", "Cs")
"""Unicode's categories of controls, such as a line's end, and of halves of letters, which no file can hold."""


def label_of(class_index: int) -> int:
    """Return the mask id of a foreground class.

    >>> label_of(0)
    1
    """
    return class_index + 1


def class_of(label: int) -> int:
    """Return the foreground class of a mask id; raises `ValueError` for background and ignored pixels.

    >>> class_of(1)
    0
    """
    if label in (BACKGROUND, IGNORE):
        raise ValueError(f"label {label} is not a foreground class")
    return label - 1


def label_count(class_names: Sequence[str]) -> int:
    """Return the number of labels that a mask may hold, background included and 255 not.

    >>> label_count(["cat", "dog"])
    3
    """
    return len(class_names) + 1


def label_names(class_names: Sequence[str]) -> tuple[str, ...]:
    """Return the name of every label, background first.

    >>> label_names(["cat", "dog"])
    ('background', 'cat', 'dog')
    """
    return (BACKGROUND_NAME, *class_names)


def check_class_names(class_names: Sequence[str]) -> None:
    """Refuse an empty, a repeated or a too long list of class names, and names that are not text, with a `DataError`.

    >>> check_class_names(["cat", "cat"])
    Traceback (most recent call last):
    wsss.errors.DataError: class 'cat' is named twice: give every class one name
    """
    if not class_names:
        raise DataError("no classes: name at least one, in `dataset.classes` or in the label file")
    if len(class_names) > MAX_CLASSES:
        why = "do not fit a mask, which has one byte a pixel: 0 is background, and 255 is ignored"
        remedy = f"choose or group at most {MAX_CLASSES}, in `dataset.classes` or in the label file"
        raise DataError(f"{len(class_names)} classes {why}; {remedy}")
    repeated = sorted(name for name, count in Counter(class_names).items() if count > 1)
    if repeated:
        raise DataError(f"class {repeated[0]!r} is named twice: give every class one name")
    if BACKGROUND_NAME in class_names:
        raise DataError(f"{BACKGROUND_NAME!r} is label 0 already: leave it out of the classes")
    for name in class_names:
        _check_letters(name)


def _check_letters(name: str) -> None:
    if not name.strip():
        raise DataError(f"a class has the name {name!r}: give it a word")
    if len(name) > LONGEST_NAME:
        raise DataError(f"class {brief(name)} has too long a name: use at most {LONGEST_NAME} letters")
    hidden = [letter for letter in name if unicodedata.category(letter) in HIDDEN]
    if hidden:
        raise DataError(f"class {name!r} has a letter that is not text, U+{ord(hidden[0]):04X}: spell it without")


@cache
def palette() -> NDArray[np.uint8]:
    """Return the PASCAL VOC colour map, `[256 3]`: bit j of a label's three lowest bits goes to bit 7-j of r, g, b.

    >>> palette()[[0, 1, 255]].tolist()
    [[0, 0, 0], [128, 0, 0], [224, 224, 192]]
    """
    colours = np.zeros((256, 3), dtype=np.uint8)
    for label in range(256):
        rest = label
        for shift in range(7, -1, -1):
            for channel in range(3):
                colours[label, channel] |= ((rest >> channel) & 1) << shift
            rest >>= 3
    colours.flags.writeable = False
    return colours
