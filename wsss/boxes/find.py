"""Boxes around what a mask shows of a class: a box a component, or a box a peak of its scores."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy
from jaxtyping import Bool, Float

from wsss.boxes.box import Box
from wsss.boxes.components import components
from wsss.boxes.peaks import basins

Place = tuple[slice, slice]


@final
@dataclass(frozen=True, kw_only=True)
class FoundBox:
    """A box around some pixels."""

    box: Box
    area: int
    """Of its pixels, not of the box."""
    score: float
    """Their mean score."""


@final
@dataclass(frozen=True, kw_only=True)
class BoxRule:
    """How boxes are made of a mask.

    >>> mask = np.zeros((6, 9), dtype=bool)
    >>> mask[1:3, 1:4] = mask[4:6, 6:9] = True
    >>> [found.box.left for found in BoxRule()(mask, mask.astype(np.float32))]
    [1, 6]
    """

    least: float = 0.002
    """Share of the image's pixels below which a component is not an object."""
    merge: float = 0.5
    """Boxes that overlap by more (IoU) become one around both."""
    split: bool = False
    """Whether a component is split at the valleys between the peaks of its scores: for objects that touch."""

    def __post_init__(self) -> None:
        if not (0 <= self.least < 1 and 0 <= self.merge <= 1):
            raise ValueError(f"least and merge are shares in [0, 1], got {self.least} and {self.merge}")

    def __call__(self, mask: Bool[np.ndarray, "h w"], scores: Float[np.ndarray, "h w"]) -> tuple[FoundBox, ...]:
        """Return the boxes of a mask, the highest score first, the larger of equals."""
        parts = list(self._parts(mask, scores))
        if not parts:
            return ()
        found = [_found(place, pixels, scores) for place, pixels in parts if pixels.sum() >= self.least * mask.size]
        return tuple(sorted(self._merged(found), key=lambda each: (-each.score, -each.area)))

    def around(self, mask: Bool[np.ndarray, "h w"]) -> tuple[FoundBox, ...]:
        """Return the boxes of a mask without scores, the largest component first."""
        return self(mask, np.ones(mask.shape, dtype=np.float32))

    def _parts(self, mask: Bool[np.ndarray, "h w"], scores: Float[np.ndarray, "h w"]) -> Iterator[tuple[Place, Any]]:
        numbers, _ = components(mask)
        if self.split:
            numbers = basins(numbers, scores)
        for number, place in enumerate(scipy.ndimage.find_objects(numbers), 1):
            if place is not None:
                yield place, numbers[place] == number

    def _merged(self, found: list[FoundBox]) -> list[FoundBox]:
        """Join two boxes that overlap enough until there are none; scores are means over pixels."""
        if self.merge == 1:  # no IoU exceeds it, and a mask of specks has tens of thousands of pairs
            return found
        for place, one in enumerate(found):
            for other in found[place + 1 :]:
                if one.box.iou(other.box) > self.merge:
                    area = one.area + other.area
                    score = (one.score * one.area + other.score * other.area) / area
                    joined = FoundBox(box=one.box.hull(other.box), area=area, score=score)
                    return self._merged([joined, *(each for each in found if each is not one and each is not other)])
        return found


def _found(place: Place, pixels: Bool[np.ndarray, "y x"], scores: Float[np.ndarray, "h w"]) -> FoundBox:
    rows, columns = place
    return FoundBox(
        box=Box(left=columns.start, top=rows.start, right=columns.stop, bottom=rows.stop),
        area=int(pixels.sum()),
        score=float(scores[place][pixels].mean(dtype=np.float64)),
    )
