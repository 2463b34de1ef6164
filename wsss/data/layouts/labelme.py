"""Folders of labelme (https://github.com/wkentaro/labelme): a JSON of shapes beside each image."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from wsss.boxes.box import Box
from wsss.data.drawing import Inside
from wsss.data.files_below import files_below
from wsss.data.layouts.annotated_images import AnnotatedImage, AnnotatedImages, Outline, Reading
from wsss.data.listing import Problem
from wsss.data.outlines import ellipse, polygon
from wsss.errors import DataError
from wsss.labels import BACKGROUND, IGNORE
from wsss.paths import open_regular
from wsss.size import Size
from wsss.validation import first_problem, reason

RESERVED: Final = {"__ignore__": IGNORE, "_background_": BACKGROUND}
"""Labels of labelme's own that are not classes."""
LOOKED_AT: Final = 5
"""JSON files by which a folder is told."""


class Shape(BaseModel):
    """What somebody drew."""

    model_config = ConfigDict(extra="ignore")

    label: str
    points: list[tuple[float, float]]
    shape_type: str = "polygon"

    def outline(self) -> Inside | None:
        """Return the pixels of a polygon or a circle; None for a box, a line or a point, which tell of no pixels."""
        if self.shape_type == "polygon":
            return polygon(self.points)
        if self.shape_type == "circle" and len(self.points) == 2:
            radius = math.dist(*self.points)
            return ellipse(centre=self.points[0], across=radius, down=radius)
        return None

    def box(self) -> Box | None:
        """Return the box of what has an extent."""
        if self.shape_type not in ("rectangle", "polygon") or len(self.points) < 2:
            return None
        x, y = zip(*self.points, strict=True)
        if not (min(x) < max(x) and min(y) < max(y)):
            return None
        return Box(left=min(x), top=min(y), right=max(x), bottom=max(y))


class Annotated(BaseModel):
    """One JSON."""

    model_config = ConfigDict(extra="ignore")

    shapes: list[Shape]
    flags: dict[str, bool] | None = None
    """Tags of the whole image."""
    imagePath: str  # noqa: N815, labelme's name
    imageWidth: int | None = None  # noqa: N815
    imageHeight: int | None = None  # noqa: N815

    @property
    def size(self) -> Size | None:
        """The image's size, where it is told."""
        if not self.imageWidth or not self.imageHeight:
            return None
        return Size(height=self.imageHeight, width=self.imageWidth)


@final
@dataclass(frozen=True, kw_only=True)
class Labelme(AnnotatedImages):
    """Labels are those of all shapes, and flags of the image that are set; polygons and circles make masks.

    `__ignore__` is drawn as ignored and `_background_` as background; they are not classes. Images without a JSON are
    left out, those with a JSON of no shapes show none of the classes.
    """

    images: str = "."
    """Folder of images and their JSON files, below `root`."""

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Find labelme's files in the folder, or in `images`."""
        del given
        for name in (".", "images"):
            found = sorted((root / name).glob("*.json"))[:LOOKED_AT]
            if any(_is_labelme(path) for path in found):
                return {"images": name}
        return None

    def folder(self) -> str:
        """Return the folder of images."""
        return self.images

    def files(self) -> tuple[Path, ...]:
        """Return nothing: the JSON files lie among the images."""
        return ()

    def read(self) -> Reading:
        """See `AnnotatedImages`."""
        start = self.home() / self.images
        images, problems = [], []
        for path in files_below(start):
            if path.suffix.lower() != ".json":
                continue
            try:
                images.append(self._image(path.relative_to(start).as_posix()))
            except DataError as error:
                problems.append(Problem(kind="label", why=str(error), name=path.name, complaint="labelme"))
        if not images and not problems:
            problems.append(Problem(kind="label", why=f"{start} holds no JSON of labelme's: name the folder that does"))
        return Reading(images=images, problems=problems)

    def _image(self, name: str) -> AnnotatedImage:
        path = self.home() / self.images / name
        content = _read(path)
        drawn = [shape for shape in content.shapes if shape.label not in RESERVED]
        flags = [flag for flag, is_set in (content.flags or {}).items() if is_set]
        try:
            outlines = [_outline(shape) for shape in content.shapes]
        except DataError as error:
            raise DataError(f"{path} holds {error}") from error
        whole = None not in outlines and not (set(flags) - {shape.label for shape in drawn})
        file = PurePosixPath(content.imagePath.replace("\\", "/")).name
        return AnnotatedImage(
            image=(PurePosixPath(name).parent / file).as_posix(),
            names=tuple(dict.fromkeys([*(shape.label for shape in drawn), *flags])),
            source=name,
            outlines=tuple(each for each in outlines if each is not None) if whole else None,
            boxes=tuple((shape.label, box) for shape in drawn if (box := shape.box()) is not None),
            size=content.size,
        )


def _outline(shape: Shape) -> Outline | None:
    inside = shape.outline()
    if inside is None:
        return None
    label = RESERVED.get(shape.label)
    return Outline(inside=inside, name=shape.label) if label is None else Outline(inside=inside, label=label)


def _read(path: Path) -> Annotated:
    try:
        with open_regular(path, links=True) as file:
            return _ADAPTER.validate_json(file.read())
    except ValidationError as error:
        raise DataError(f"{path} is not labelme's ({first_problem(error)}): save it again, or move it away") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}): replace it by a file") from error


def _is_labelme(path: Path) -> bool:
    try:
        _read(path)
    except DataError:
        return False
    return True


_ADAPTER: Final[TypeAdapter[Annotated]] = TypeAdapter(Annotated)
