"""Files of COCO's annotations (Lin et al., ECCV 2014): images, categories, and outlines of instances."""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from jaxtyping import Bool
from pycocotools import mask as coco
from pydantic import AfterValidator, Discriminator, Field, Tag, TypeAdapter, ValidationError

from wsss.boxes.box import Box
from wsss.data.coco_rle import coco_mask
from wsss.data.json_items import EndsEarlyError, Value, json_items
from wsss.errors import DataError, FileError
from wsss.paths import NotRegularError, open_regular
from wsss.size import Size
from wsss.validation import reason

LISTS: Final = ("images", "categories", "annotations")
"""What a file holds at least."""
LEAST_NUMBERS: Final = 6
"""Of a polygon: three corners. pycocotools takes four numbers for a box."""
BEYOND: Final = 1
"""Image sides by which a corner may lie outside: pycocotools walks along every border, however far it leads."""
ROUNDING: Final = 1.0
"""Pixels by which a box may reach beyond its image: such numbers were rounded."""

Coordinate = Annotated[float, Field(allow_inf_nan=False)]
Coordinates = Annotated[list[Coordinate], AfterValidator(partial(array, "d"))]
"""Numbers in eight bytes each as soon as they are read; in a list each takes 32."""


@dataclass(frozen=True, slots=True)
class Category:
    """A class, whose number is one of 1 .. 90 with gaps in COCO itself."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image."""

    id: int
    file_name: str
    width: Annotated[int, Field(ge=1)] | None = None
    height: Annotated[int, Field(ge=1)] | None = None

    @property
    def size(self) -> Size | None:
        """Its size, where the file tells."""
        if self.width is None or self.height is None:
            return None
        return Size(height=self.height, width=self.width)


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
            raise DataError(f"the file cannot be read again ({error.strerror}): start again when it is back") from error
        try:
            outline = _INSTANCE.validate_json(data).segmentation
        except ValidationError:
            outline = None
        if outline is None:
            raise DataError("it has changed since it was read: start again")
        return outline.inside(size) if isinstance(outline, Runs) else polygons_inside(outline, size)


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


@dataclass(frozen=True, slots=True)
class CocoFile:
    """What a file holds, in its order."""

    images: list[Picture]
    categories: list[Category]
    annotations: list[Annotation]


def read_coco(path: Path) -> CocoFile:
    """Read a file of annotations; raises `FileError` for any other.

    COCO's own has 450 MB, most of it coordinates. It is read in parts. Each outline is checked, and only its place in
    the file is kept.
    """
    try:
        with open_regular(path, links=True) as file:
            return _read(path, file)
    except EndsEarlyError as error:
        raise FileError(path, f"is {error}: copy or export it again") from error
    except (ValueError, RecursionError) as error:
        why = f"is not a file of COCO's annotations ({reason(error)}): export it again as COCO's JSON"
        raise FileError(path, why) from error
    except PermissionError as error:
        raise FileError(path, "may not be read by you: change its permissions") from error
    except NotRegularError as error:
        raise FileError(path, f"{error.strerror}: replace it by a file") from error
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror}): name it in `dataset.splits`") from error


def _read(path: Path, file: BufferedIOBase) -> CocoFile:
    """Read the lists of a file; raises `ValueError` for any other, with the place of what is wrong."""
    content = CocoFile(images=[], categories=[], annotations=[])
    lists: dict[str, Any] = {}
    for value in json_items(file):
        if value.key not in LISTS:
            continue
        lists[value.key] = [] if value.number is not None else json.loads(value.data)
        if value.number is None:
            continue
        if value.key == "images":
            content.images.append(value.read(_PICTURE.validate_json))
        elif value.key == "categories":
            content.categories.append(value.read(_CATEGORY.validate_json))
        else:
            content.annotations.append(_annotation(value, path))
    _FILE.validate_python(lists)  # without their items, which were read: is each there, and a list?
    return content


def _annotation(value: Value, path: Path) -> Annotation:
    given = value.read(_INSTANCE.validate_json)
    outline = Outline(path, value.start, len(value.data)) if given.segmentation else None
    return Annotation(given.image_id, given.category_id, outline, given.bbox, given.iscrowd)


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
class _Instance:
    """An annotation as it is written."""

    image_id: int
    category_id: int
    segmentation: (
        Annotated[Annotated[list[Coordinates], Tag("polygons")] | Annotated[Runs, Tag("runs")], Discriminator(_form)]
        | None
    ) = None
    bbox: Coordinates | None = None
    iscrowd: bool = False


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lists of a file, whatever their items are."""

    images: list[Any]
    categories: list[Any]
    annotations: list[Any]


_PICTURE: Final = TypeAdapter(Picture)
_CATEGORY: Final = TypeAdapter(Category)
_INSTANCE: Final = TypeAdapter(_Instance)
_FILE: Final = TypeAdapter(_Lists)
