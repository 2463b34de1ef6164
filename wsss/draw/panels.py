"""Panels: one picture of an example each, drawn over its photograph or as a layer that a page lays over it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from wsss.draw.overlay import Layer, Picture, heat_layer, heat_overlay, mask_layer, mask_overlay
from wsss.labels import BACKGROUND
from wsss.types import ScoreMaps

LONG_SIDE: Final = 240
"""Pixels of a picture's longer side in a contact sheet."""


@dataclass(frozen=True, kw_only=True)
class Panel(ABC):
    """One picture of a row: `title` names its column, `words` stand below it."""

    missing: ClassVar[bool] = False
    """Whether there is no picture."""
    greys: ClassVar[bool] = False
    """Whether the photograph below it loses its colours, so that those of the layer can be read."""
    lossy: ClassVar[bool] = False
    """Whether a page may lose some of the layer, to be smaller: a photograph, or heat without edges."""

    title: str
    words: str = ""

    @abstractmethod
    def draw(self, image: Picture) -> Picture | None:
        """Draw over an image that is already as small as it will be shown; None where there is nothing to draw."""

    @abstractmethod
    def layer(self, size: tuple[int, int]) -> Layer | None:
        """Return what lies over a photograph of a width and a height; None where nothing does."""


@dataclass(frozen=True, kw_only=True)
class ImagePanel(Panel):
    """The image itself."""

    def draw(self, image: Picture) -> Picture:
        """Return the image."""
        return image

    def layer(self, size: tuple[int, int]) -> None:
        """Return nothing: the photograph is all."""


@dataclass(frozen=True, kw_only=True)
class HeatPanel(Panel):
    """Scores in [0, 1] on a grid that covers the image, of whatever resolution."""

    greys: ClassVar[bool] = True
    lossy: ClassVar[bool] = True

    scores: Float[np.ndarray, "y x"]

    by_class: Mapping[str, Float[np.ndarray, "y x"]] = field(default_factory=dict)
    """The scores of each class alone, by its name; empty where they are not those of classes."""

    @classmethod
    def of(cls, maps: ScoreMaps, *, title: str, class_names: Sequence[str], words: str = "") -> "HeatPanel":
        """Show the highest score among the foreground labels at each position; an image without any is all zero."""
        foreground = maps.full().scores[maps.labels != BACKGROUND].float().cpu().numpy()
        highest = foreground.max(axis=0) if len(foreground) else np.zeros(maps.size.over(1), dtype=np.float32)
        by_class = {class_names[index]: scores for index, scores in zip(maps.classes, foreground, strict=True)}
        return cls(title=title, words=words, scores=highest, by_class=by_class)

    def draw(self, image: Picture) -> Picture:
        """Return the scores as colours over the image."""
        scores = Image.fromarray(self.scores.astype(np.float32)).resize(size_of(image), Image.Resampling.BILINEAR)
        return heat_overlay(image, np.asarray(scores))

    def layer(self, size: tuple[int, int]) -> Layer:
        """Return the scores as colours; a grid that is coarser than the photograph is left to the page to enlarge."""
        scores = Image.fromarray(self.scores.astype(np.float32))
        if scores.width > size[0] or scores.height > size[1]:
            scores = scores.resize(size, Image.Resampling.BILINEAR)
        return heat_layer(np.asarray(scores))


@dataclass(frozen=True, kw_only=True)
class PicturePanel(Panel):
    """Another picture of the image's proportions, such as the image with an object erased."""

    lossy: ClassVar[bool] = True

    picture: UInt8[np.ndarray, "y x 3"]

    def draw(self, image: Picture) -> Picture:
        """Return the picture in place of the image."""
        return np.asarray(Image.fromarray(self.picture).resize(size_of(image), Image.Resampling.BILINEAR))

    def layer(self, size: tuple[int, int]) -> Layer:
        """Return the picture, through which nothing shows; one that is smaller is left to the page to enlarge."""
        picture = shrunk(self.picture, side=max(size))
        return np.dstack([picture, np.full(picture.shape[:2], 255, dtype=np.uint8)])


@dataclass(frozen=True, kw_only=True)
class MaskPanel(Panel):
    """A mask of the image's own size: pseudo-mask, prediction or truth."""

    labels: UInt8[np.ndarray, "h w"]

    def draw(self, image: Picture) -> Picture:
        """Return the mask as colours over the image."""
        labels = Image.fromarray(self.labels).resize(size_of(image), Image.Resampling.NEAREST)
        return mask_overlay(image, np.asarray(labels))

    def layer(self, size: tuple[int, int]) -> Layer:
        """Return the mask as colours, sampled as densely as the photograph."""
        return mask_layer(np.asarray(Image.fromarray(self.labels).resize(size, Image.Resampling.NEAREST)))


@dataclass(frozen=True, kw_only=True)
class MissingPanel(Panel):
    """An empty card; `words` say why there is no picture."""

    missing: ClassVar[bool] = True

    def draw(self, image: Picture) -> None:
        """Return nothing."""

    def layer(self, size: tuple[int, int]) -> None:
        """Return nothing."""


def shrunk(image: Picture, *, side: int = LONG_SIDE) -> UInt8[np.ndarray, "y x 3"]:
    """Return the image with its longer side at `side` pixels, or as it is where it is smaller."""
    return image if max(image.shape[:2]) <= side else resized(image, side=side)


def resized(image: Picture, *, side: int) -> UInt8[np.ndarray, "y x 3"]:
    """Return the image with its longer side at `side` pixels."""
    scale = side / max(image.shape[:2])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def stretched(image: Picture, size: tuple[int, int]) -> UInt8[np.ndarray, "y x 3"]:
    """Return the image at a height and a width, whatever its proportions."""
    height, width = size
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


def size_of(picture: Picture) -> tuple[int, int]:
    """Return width and height."""
    return picture.shape[1], picture.shape[0]
