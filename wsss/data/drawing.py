"""Masks drawn from outlines: data sets that hold polygons or run lengths have no mask files until they are indexed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from wsss.labels import BACKGROUND, palette
from wsss.size import Size

Inside = Callable[[Size], Bool[np.ndarray, "h w"]]
"""Tells which pixels of an image lie inside an outline; raises `DataError` for one that cannot be drawn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """An outline, and the label that its inside gets."""

    label: int
    inside: Inside


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """A mask that is still to be drawn."""

    shapes: Iterable[Shape]
    """In the order in which they are drawn: the later one lies on top."""
    size: Size | None = None
    """The size of the image by the file of outlines; None where that does not tell."""

    def labels(self, size: Size) -> UInt8[np.ndarray, "h w"]:
        """Draw the mask of an image; raises `DataError` for an outline that cannot be drawn."""
        labels = np.full((size.height, size.width), BACKGROUND, dtype=np.uint8)
        for shape in self.shapes:
            labels[shape.inside(size)] = shape.label
        return labels


def mask_png(labels: UInt8[np.ndarray, "h w"]) -> bytes:
    """Return a mask as a PNG with VOC's palette."""
    picture = Image.fromarray(labels)
    picture.putpalette(palette().tobytes())
    file = BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def save_labels(labels: UInt8[np.ndarray, "h w"], path: Path) -> None:
    """Write a mask as `mask_png` gives it; its folder is made."""
    save_png(mask_png(labels), path)


def save_png(png: bytes, path: Path) -> None:
    """Write a picture; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png)
