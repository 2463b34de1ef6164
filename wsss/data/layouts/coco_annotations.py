"""All annotations of one of COCO's files: what becomes of them in memory."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, final

import numpy as np
from jaxtyping import Int64

from wsss.boxes.box import Box
from wsss.data.json_items import Value
from wsss.data.layouts.coco_outlines import INSTANCE, Outline
from wsss.size import Size

ROUNDING: Final = 1.0
"""Pixels by which a box may reach beyond its image: such numbers were rounded."""

NONE: Final = (np.nan,) * 4
"""Stands for a box that is not there."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One instance, or a crowd of them."""

    image_id: int
    category_id: int
    outline: Outline | None = None
    """None where it has a box alone."""
    bbox: Sequence[float] | None = None
    iscrowd: bool = False

    def box(self, size: Size | None) -> Box | None:
        """Return the box of an instance; None for a crowd, and where there is none or it has no area."""
        if self.iscrowd or self.bbox is None or len(self.bbox) != 4 or min(self.bbox[2:]) <= 0:
            return None
        left, top, across, down = self.bbox
        right, bottom = left + across, top + down
        if size is not None:
            right = size.width if size.width < right <= size.width + ROUNDING else right
            bottom = size.height if size.height < bottom <= size.height + ROUNDING else bottom
        return Box(left=left, top=top, right=right, bottom=bottom) if left < right and top < bottom else None


@final
class Annotations:
    """The annotations of a file, in its order and in columns: 100 bytes each, where objects of their own take 230."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._images: list[int] = []
        self._categories: list[int] = []
        self._crowds = bytearray()
        self._starts, self._lengths = array("q"), array("q")
        self._boxes = array("d")

    def add(self, value: Value) -> None:
        """Add what stands in the file; raises `ValueError` for anything but an annotation."""
        given = value.read(INSTANCE.validate_json)
        self._images.append(given.image_id)
        self._categories.append(given.category_id)
        self._crowds.append(given.iscrowd)
        self._starts.append(value.start)
        self._lengths.append(len(value.data) if given.segmentation else 0)
        self._boxes.extend(given.bbox if given.bbox is not None and len(given.bbox) == len(NONE) else NONE)

    def __len__(self) -> int:
        return len(self._images)

    def __iter__(self) -> Iterator[Annotation]:
        return map(self._at, range(len(self)))

    @property
    def images(self) -> Sequence[int]:
        """The id of each one's image."""
        return self._images

    @property
    def categories(self) -> Sequence[int]:
        """Each one's category."""
        return self._categories

    @property
    def has_outlines(self) -> bool:
        """Whether any has an outline, and not a box alone."""
        return any(self._lengths)

    def has(self, image: int) -> bool:
        """Whether an image has any."""
        return image in self._by_image[0]

    def of(self, image: int) -> list[Annotation]:
        """Return those of an image, in the file's order."""
        numbers, rows, starts = self._by_image
        number = numbers.get(image)
        if number is None:
            return []
        return [self._at(int(row)) for row in rows[starts[number] : starts[number + 1]]]

    def _at(self, row: int) -> Annotation:
        length, box = self._lengths[row], self._boxes[4 * row : 4 * row + 4]
        return Annotation(
            image_id=self._images[row],
            category_id=self._categories[row],
            outline=Outline(self._path, self._starts[row], length) if length else None,
            bbox=None if np.isnan(box[0]) else box,
            iscrowd=bool(self._crowds[row]),
        )

    @cached_property
    def _by_image(self) -> tuple[dict[int, int], Int64[np.ndarray, " n"], Int64[np.ndarray, " images"]]:
        """A number for each image that has some, all rows by that number, and where the rows of each begin."""
        numbers: dict[int, int] = {}
        of_rows = np.fromiter((numbers.setdefault(i, len(numbers)) for i in self._images), np.int64, len(self))
        rows = np.argsort(of_rows, kind="stable")
        return numbers, rows, np.searchsorted(of_rows[rows], np.arange(len(numbers) + 1))
