"""Notes on masks that say less than their images' labels."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from wsss.data.examine import meanings
from wsss.labels import BACKGROUND, IGNORE

SEPARATE: Final = frozenset((BACKGROUND, IGNORE))
"""Labels of a mask that are not of a class."""


def mask_notes(masks: Sequence[tuple[str, Mapping[int, int]]], *, classes: Sequence[str]) -> Iterator[str]:
    """Yield a sentence where masks look as if 255 stood for an object.

    Args:
        masks: Paths and pixels of each label, of images that show a class.
        classes: The data set's classes.
    """
    odd = [path for path, labels in masks if holds_no_class(labels)]
    if odd:
        count = "1 mask" if len(odd) == 1 else f"{len(odd)} masks"
        first = odd[0] if len(odd) == 1 else f"{odd[0]} first"
        why = f"{count} ({first}) of images that show a class without a pixel of any: 255 is ignored"
        yield f"{why}; draw {meanings(classes)}"


def holds_no_class(labels: Mapping[int, int]) -> bool:
    """Whether a mask holds ignored pixels, and else at most background."""
    return IGNORE in labels and labels.keys() <= SEPARATE
