"""The table of all images of a report, in an order that its reader chooses without a script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

MOST: Final = 2000
"""Lines of the table at most: the worst images."""
ORDERS: Final = {
    "iou": "worst IoU first",
    "best": "best IoU first",
    "agreement": "least agreement first",
    "name": "name",
    "classes": "classes",
}
"""Orders of the table, by the name of the CSS variable that holds a line's place."""


@dataclass(frozen=True, kw_only=True)
class ImageLine:
    """One image; fractions, None where they are not known."""

    id: str
    split: str
    classes: tuple[str, ...]
    iou: float | None = None
    """Mean over the labels of this image, against its true mask."""
    agreement: float | None = None
    """The same of the network's mask against the one that it learnt from."""


@dataclass(frozen=True, kw_only=True)
class RankedLine:
    """A line with its place in each of the orders."""

    line: ImageLine
    places: dict[str, int]


def ranked(images: Sequence[ImageLine]) -> list[RankedLine]:
    """Return lines with their places, the worst image first: by its IoU, or by its agreement where nothing has an IoU.

    What is not known comes last in every order.
    """
    scored = any(image.iou is not None for image in images)
    worst = sorted(images, key=_by(lambda line: line.iou if scored else line.agreement))[:MOST]
    keys: dict[str, Callable[[ImageLine], object]] = {
        "iou": _by(lambda line: line.iou),
        "best": _by(lambda line: None if line.iou is None else -line.iou),
        "agreement": _by(lambda line: line.agreement),
        "name": lambda line: (line.split, line.id),
        "classes": lambda line: (line.classes, line.id),
    }
    places: dict[int, dict[str, int]] = {id(line): {} for line in worst}
    for name, key in keys.items():
        for place, line in enumerate(sorted(worst, key=key)):  # type: ignore[arg-type]
            places[id(line)][name] = place
    return [RankedLine(line=line, places=places[id(line)]) for line in worst]


def _by(value: Callable[[ImageLine], float | None]) -> Callable[[ImageLine], tuple[bool, float, str]]:
    def key(line: ImageLine) -> tuple[bool, float, str]:
        found = value(line)
        return found is None, 0.0 if found is None else found, line.id

    return key
