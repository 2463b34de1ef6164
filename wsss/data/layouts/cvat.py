"""Exports of CVAT (https://www.cvat.ai) in its own form, "CVAT for images 1.1": one XML beside a folder of images."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final
from xml.etree import ElementTree as ET
from xml.parsers.expat import errors

from wsss.boxes.box import Box
from wsss.data.drawing import Inside
from wsss.data.layouts.annotated_images import AnnotatedImage, AnnotatedImages, Outline, Reading
from wsss.data.listing import Problem
from wsss.data.outlines import ellipse, polygon, rows_of_runs
from wsss.errors import DataError
from wsss.paths import open_regular
from wsss.size import Size
from wsss.validation import early_end, reason

SPLITS: Final = {"train": "train", "validation": "val", "val": "val", "test": "test"}
"""CVAT's subsets, in lower case, and ours; the subset `default` is none."""
ROOT: Final = "annotations"
ELEMENT: Final = re.compile(rb"<(\w+)")
TAG: Final = "tag"
SHAPES: Final = ("box", "polygon", "ellipse", "mask", "polyline", "points", "skeleton", "cuboid")

NO_END: Final = tuple(
    errors.codes[message]
    for message in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        errors.XML_ERROR_PARTIAL_CHAR,
    )
)
"""Errors of XML whose end is missing."""


@final
@dataclass(frozen=True, kw_only=True)
class CVAT(AnnotatedImages):
    """Labels are those of tags and shapes; polygons, ellipses and masks are drawn by their `z_order`."""

    annotations: str = "annotations.xml"
    """The XML, below `root`."""
    images: str = "images"
    """Folder of the images, below `root`."""

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Find the XML, and the folder of its first image."""
        del given
        for path in (root / "annotations.xml", *sorted(root.glob("*.xml"))):
            try:
                tree = _read(path)
            except _EndsEarlyError:
                if _begins_as_cvat(path):
                    return {"annotations": path.name, "images": "images"}
                continue
            except DataError:
                continue
            first = tree.find("image")
            if tree.tag == ROOT and first is not None:
                name = first.get("name", "")
                folder = next((each for each in ("images", ".") if name and (root / each / name).is_file()), "images")
                return {"annotations": path.name, "images": folder}
        return None

    def folder(self) -> str:
        """Return the folder of images."""
        return self.images

    def files(self) -> tuple[Path, ...]:
        """Return the XML."""
        return (self.home() / self.annotations,)

    def read(self) -> Reading:
        """See `AnnotatedImages`."""
        path = self.home() / self.annotations
        try:
            tree = _read(path)
        except DataError as error:
            return Reading(problems=(Problem(kind="label", why=str(error)),))
        images, problems = [], []
        for element in tree.findall("image"):
            try:
                images.append(self._image(element))
            except (DataError, ValueError, KeyError) as error:
                name = element.get("name", "an image without a name")
                why = f"{path}, {name}: {_told(error)}"
                problems.append(Problem(kind="label", why=why, name=name, complaint=_told(error)))
        if not images and not problems:
            why = f"{path} holds no image: export as CVAT for images, and not for video"
            problems.append(Problem(kind="label", why=why))
        return Reading(images=images, problems=problems, classes=_classes(tree))

    def _image(self, element: ET.Element) -> AnnotatedImage:
        drawn = [each for each in element if each.tag in SHAPES]
        tags = [each.attrib["label"] for each in element if each.tag == TAG]
        ordered = sorted(drawn, key=lambda each: int(each.get("z_order", "0")))
        outlines = [_outline(each) for each in ordered]
        shown = [each.attrib["label"] for each in drawn]
        whole = None not in outlines and set(tags) <= set(shown)
        return AnnotatedImage(
            image=element.attrib["name"],
            names=tuple(dict.fromkeys([*shown, *tags])),
            source=f"{self.annotations}, {element.attrib['name']}",
            split=SPLITS.get(element.get("subset", "").lower()),
            outlines=tuple(each for each in outlines if each is not None) if whole else None,
            boxes=tuple((each.attrib["label"], _box(each)) for each in drawn if _is_upright(each)),
            size=_size(element),
        )


def _size(element: ET.Element) -> Size | None:
    width, height = element.get("width"), element.get("height")
    return None if width is None or height is None else Size(height=int(height), width=int(width))


def _polygon(shape: ET.Element) -> Inside:
    return polygon([(float(x), float(y)) for x, y in (point.split(",") for point in shape.attrib["points"].split(";"))])


def _ellipse(shape: ET.Element) -> Inside:
    cx, cy, rx, ry = (float(shape.attrib[key]) for key in ("cx", "cy", "rx", "ry"))
    return ellipse(centre=(cx, cy), across=rx, down=ry)


def _mask(shape: ET.Element) -> Inside:
    left, top, width, height = (int(shape.attrib[key]) for key in ("left", "top", "width", "height"))
    runs = [int(run) for run in shape.attrib["rle"].split(",")]
    return rows_of_runs(runs, left=left, top=top, width=width, height=height)


READERS: Final[Mapping[str, Callable[[ET.Element], Inside]]] = {"polygon": _polygon, "ellipse": _ellipse, "mask": _mask}


def _outline(shape: ET.Element) -> Outline | None:
    """Return the pixels of a shape; None for a box, a line and a point, and for a shape that is rotated."""
    reader = READERS.get(shape.tag)
    if reader is None or float(shape.get("rotation", "0")):
        return None
    return Outline(name=shape.attrib["label"], inside=reader(shape))


def _is_upright(shape: ET.Element) -> bool:
    return shape.tag == "box" and not float(shape.get("rotation", "0"))


def _box(shape: ET.Element) -> Box:
    left, top, right, bottom = (float(shape.attrib[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
    return Box(left=left, top=top, right=right, bottom=bottom)


def _classes(tree: ET.Element) -> tuple[str, ...] | None:
    """Return the labels of the task or of the project, in their order."""
    for place in ("meta/task/labels/label", "meta/project/labels/label", "meta/job/labels/label"):
        names = [each.findtext("name", "") for each in tree.findall(place) if each.find("parent") is None]
        if names := [name for name in names if name]:
            return tuple(dict.fromkeys(names))
    return None


class _EndsEarlyError(DataError):
    """The end of the XML is missing."""


def _read(path: Path) -> ET.Element:
    try:
        with open_regular(path, links=True) as file:
            return ET.parse(file).getroot()  # noqa: S314, files of one's own data set, and expat limits entities
    except (ET.ParseError, ValueError) as error:
        if isinstance(error, ET.ParseError) and error.code in NO_END and (size := path.stat().st_size):
            raise _EndsEarlyError(f"{path} is {early_end(size, form='XML')}: copy or export it again") from error
        raise DataError(f"{path} is not XML ({reason(error)}): export it again") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}): name it in `dataset.annotations`") from error


def _begins_as_cvat(path: Path) -> bool:
    first = ELEMENT.search(path.read_bytes())
    return first is not None and first[1] == ROOT.encode()


def _told(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it lacks {error.args[0]!r}: export it again"
    if isinstance(error, DataError):
        return str(error)
    return f"it has numbers that are none ({reason(error)}): export it again"
