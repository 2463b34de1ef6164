"""Tasks of Label Studio: masks to be corrected by hand, and the corrected ones read back."""

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import quoteattr

import numpy as np
from jaxtyping import Bool, UInt8
from pydantic import BaseModel, ConfigDict, Field

from wsss.data.brush_rle import brush_mask, brush_runs
from wsss.data.drawing import Inside
from wsss.data.outlines import polygon_mask
from wsss.errors import DataError, one_of
from wsss.labels import BACKGROUND, label_of
from wsss.size import Size
from wsss.validation import reason

CONTROL: Final = "masks"
SHOWN: Final = "image"
LOCAL: Final = "/data/local-files/?d="
"""Address of images below the folder that Label Studio serves files from (LOCAL_FILES_DOCUMENT_ROOT)."""
UPLOAD: Final = 9
"""Characters that an upload puts before a file's name: eight and a hyphen."""
MOST_PIXELS: Final = 1 << 28
PERCENT: Final = 100


class Region(BaseModel):
    """One region that somebody drew."""

    model_config = ConfigDict(extra="ignore")

    type: str
    original_width: Annotated[int, Field(ge=1)] = 1
    original_height: Annotated[int, Field(ge=1)] = 1
    value: dict[str, Any] = {}

    @property
    def names(self) -> list[str]:
        """The labels that it was given."""
        return [str(name) for name in self.value.get(self.type, ())]


class Annotation(BaseModel):
    """What one person drew in one image."""

    model_config = ConfigDict(extra="ignore")

    result: list[Region] = []
    was_cancelled: bool = False


class AnnotatedTask(BaseModel):
    """An image with what people drew."""

    model_config = ConfigDict(extra="ignore")

    number: int | None = Field(default=None, alias="id")
    """Label Studio's own, which an import does not have yet."""
    data: dict[str, Any]
    annotations: list[Annotation] = []

    @property
    def id(self) -> str:
        """The image's id: the one that was exported, else the name of its file without what an upload adds."""
        if "id" in self.data:
            return str(self.data["id"])
        address = urlsplit(str(self.data.get(SHOWN, "")))
        path = PurePosixPath(parse_qs(address.query).get("d", [address.path])[0])
        return path.stem[UPLOAD:] if "/upload/" in address.path else path.stem

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The classes in the order of their labels, where the task was written here."""
        classes = self.data.get("classes")
        return tuple(map(str, classes)) if isinstance(classes, list) else None

    @property
    def last(self) -> Annotation | None:
        """The last annotation that was not cancelled; None where nobody looked at the image."""
        return next((each for each in reversed(self.annotations) if not each.was_cancelled), None)


def label_config(classes: Mapping[str, str]) -> str:
    """Return the labelling interface for classes with their colours, `#rrggbb`."""
    labels = "\n".join(
        f"    <Label value={quoteattr(name)} background={quoteattr(colour)}/>" for name, colour in classes.items()
    )
    image = f'  <Image name="{SHOWN}" value="${SHOWN}" zoom="true"/>'
    brush = f'  <BrushLabels name="{CONTROL}" toName="{SHOWN}">\n{labels}\n  </BrushLabels>'
    return f"<View>\n{image}\n{brush}\n</View>\n"


def task_of(
    image: str, labels: UInt8[np.ndarray, "h w"], *, name: str, classes: Sequence[str], model: str
) -> dict[str, Any]:
    """Return a task: an image, by its path below the folder that is served, with its mask as a prediction.

    `name` is the image's id, by which the corrected mask finds back.
    """
    height, width = labels.shape
    common = {"original_width": width, "original_height": height, "image_rotation": 0}
    regions = [
        {
            "id": f"{index}",
            "type": "brushlabels",
            "from_name": CONTROL,
            "to_name": SHOWN,
            **common,
            "value": {"format": "rle", "rle": brush_runs(labels == label_of(index)), "brushlabels": [shown]},
        }
        for index, shown in enumerate(classes)
        if (labels == label_of(index)).any()
    ]
    data = {SHOWN: LOCAL + quote(image), "id": name, "classes": list(classes)}
    return {"data": data, "predictions": [{"model_version": model, "result": regions}]}


def mask_of(annotation: Annotation, *, classes: Sequence[str], of: str) -> UInt8[np.ndarray, "h w"] | None:
    """Return the labels of what was drawn, the later region above; None where no region tells the image's size.

    Raises `DataError` for a label that is not a class, a shape that is not read, and strokes that are torn.
    """
    sizes = {(each.original_height, each.original_width) for each in annotation.result if each.names}
    if not sizes:
        return None
    if len(sizes) > 1 or math.prod(max(sizes)) > MOST_PIXELS:
        raise DataError(f"{of}: its regions are of images of several sizes, or of too large ones: export again")
    labels = np.full(sizes.pop(), BACKGROUND, dtype=np.uint8)
    for region in annotation.result:
        for name in region.names:
            if name not in classes:
                raise DataError(f"{of}: label {name!r} is not a class; there are: {one_of(classes)}")
            labels[_drawn(region, of=of)] = label_of(list(classes).index(name))
    return labels


def region_inside(region: Region) -> Inside:
    """Return the pixels of a region, of an image of the size that it was drawn in.

    Raises `DataError`, as it is called, for an image of another size and for a shape that is not read.
    """

    def inside(size: Size) -> Bool[np.ndarray, "h w"]:
        if (size.height, size.width) != (region.original_height, region.original_width):
            raise DataError(f"a region of {region.original_width} x {region.original_height} pixels: export again")
        return _drawn(region, of="it")

    return inside


def _drawn(region: Region, *, of: str) -> Bool[np.ndarray, "h w"]:
    try:
        return _shape(region)
    except DataError as error:
        raise DataError(f"{of}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{of}: a region of {region.type} cannot be read ({reason(error)}): export again as JSON"
        ) from error


def _shape(region: Region) -> Bool[np.ndarray, "h w"]:
    height, width, value = region.original_height, region.original_width, region.value
    if region.type == "brushlabels" and isinstance(value.get("rle"), list):
        return brush_mask(value["rle"], height=height, width=width)
    if region.type == "polygonlabels" and isinstance(value.get("points"), list):
        points = [(float(x) * width / PERCENT, float(y) * height / PERCENT) for x, y in value["points"]]
    elif region.type == "rectanglelabels" and not value.get("rotation"):
        left, top = (float(value[key]) for key in ("x", "y"))
        right, bottom = left + float(value["width"]), top + float(value["height"])
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        points = [(x * width / PERCENT, y * height / PERCENT) for x, y in corners]
    else:
        raise DataError(f"{region.type} is not read: draw with brush, polygon or upright rectangle")
    return polygon_mask(points, height=height, width=width)
