"""Outlines of instances in COCO's annotations (Lin et al., ECCV 2014): polygons, and masks as runs."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from jaxtyping import Bool
from pycocotools import mask as coco
from pydantic import AfterValidator, Discriminator, Field, Tag, TypeAdapter, ValidationError

from wsss.data.coco_rle import coco_mask
from wsss.errors import DataError
from wsss.paths import open_regular
from wsss.size import Size
from wsss.validation import reason

LEAST_NUMBERS: Final = 6
"""Of a polygon: three corners. pycocotools takes four numbers for a box."""
BEYOND: Final = 1
"""Image sides by which a corner may lie outside: pycocotools walks along every border, however far it leads."""

Coordinate = Annotated[float, Field(allow_inf_nan=False)]
Coordinates = Annotated[list[Coordinate], AfterValidator(partial(array, "d"))]
"""Numbers in eight bytes each as soon as they are read; in a list each takes 32."""


@dataclass(frozen=True, slots=True)
class Runs:
    """A mask as runs of 0 and 1 by turns down the columns: numbers, or COCO's compressed text of them."""

    size: tuple[int, int]
    """Height and width."""
    counts: list[Annotated[int, Field(ge=0)]] | str

    def inside(self, size: Size) -> Bool[np.ndarray, "h w"]:
        """Return the mask; raises `DataError` where the runs are not those of an image of this size."""
        if self.size != (size.height, size.width):
            given = f"{self.size[1]} x {self.size[0]}"
            raise DataError(f"run lengths of {given} pixels for an image of {size.width} x {size.height}")
        if isinstance(self.counts, str):
            return coco_mask(self.counts, height=size.height, width=size.width)
        if sum(self.counts) != size.height * size.width:
            raise DataError(f"run lengths that do not add up to {size.width} x {size.height} pixels: export again")
        values = np.arange(len(self.counts)) % 2 == 1
        return np.repeat(values, self.counts).reshape((size.height, size.width), order="F")


@dataclass(frozen=True, slots=True)
class Outline:
    """The place of an instance with an outline in a file of annotations: it is read again when its mask is drawn."""

    path: Path
    start: int
    """The first byte."""
    length: int
    """Bytes."""

    def inside(self, size: Size) -> Bool[np.ndarray, "h w"]:
        """Return the pixels of an image of this size that it covers.

        Raises `DataError` for an outline that cannot be drawn, and where the file is gone or has changed by now.
        """
        try:
            with open_regular(self.path, links=True) as file:
                file.seek(self.start)
                data = file.read(self.length)
        except OSError as error:
            raise DataError(f"the file cannot be read again ({reason(error)}): start again when it is back") from error
        try:
            outline = INSTANCE.validate_json(data).segmentation
        except ValidationError:
            outline = None
        if outline is None:
            raise DataError("it has changed since it was read: start again")
        return outline.inside(size) if isinstance(outline, Runs) else polygons_inside(outline, size)


def polygons_inside(polygons: Sequence[Sequence[float]], size: Size) -> Bool[np.ndarray, "h w"]:
    """Return the pixels inside any of the polygons of an instance, as pycocotools draws them.

    Raises `DataError` for one without three corners, and for corners far outside of the image.
    """
    for polygon in polygons:
        if len(polygon) < LEAST_NUMBERS or len(polygon) % 2:
            raise DataError(f"a polygon of {len(polygon)} numbers: write x and y of three corners or more")
        x, y = np.asarray(polygon[::2]), np.asarray(polygon[1::2])
        for name, values, side in (("x", x, size.width), ("y", y, size.height)):
            if values.min() < -BEYOND * side or values.max() > (1 + BEYOND) * side:
                far = values.min() if values.min() < -BEYOND * side else values.max()
                raise DataError(f"a corner at {name} = {far:g} in {size.width} x {size.height} pixels: correct it")
    runs = coco.merge(coco.frPyObjects(polygons, size.height, size.width))
    return coco_mask(runs["counts"].decode(), height=size.height, width=size.width)


def _form(given: Any) -> str:
    """Return which of both forms an outline has, so that what is wrong with it is told of that form."""
    return "runs" if isinstance(given, dict | Runs) else "polygons"


@dataclass(frozen=True, slots=True)
class Instance:
    """An annotation as it is written."""

    image_id: int
    category_id: int
    segmentation: (
        Annotated[Annotated[list[Coordinates], Tag("polygons")] | Annotated[Runs, Tag("runs")], Discriminator(_form)]
        | None
    ) = None
    bbox: Coordinates | None = None
    iscrowd: bool = False


INSTANCE: Final = TypeAdapter(Instance)
