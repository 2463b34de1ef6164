"""Contact sheets: examples as rows, one column for each thing that the pipeline made of them, truth last."""

import base64
import io
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from wsss.draw.grid import INK, QUIET, Grid, Strip
from wsss.draw.numbers import percent
from wsss.draw.overlay import Picture, heat_overlay, mask_overlay
from wsss.labels import BACKGROUND
from wsss.store.files import item_name
from wsss.store.texts import whole
from wsss.types import ScoreMaps

LONG_SIDE: Final = 240
"""Pixels of a picture's longer side: twice what a page of six columns shows, for sharp screens."""

JPEG_QUALITY: Final = 80
WORDS: Final = 120
"""Pixels that a column takes at least, so that there is room for its title."""
MISSING: Final = (236, 236, 236)


@dataclass(frozen=True, kw_only=True)
class Panel(ABC):
    """One picture of a row: `title` names its column, `words` stand below it."""

    title: str
    words: str = ""

    @abstractmethod
    def draw(self, image: Picture) -> Picture | None:
        """Draw over an image that is already as small as it will be shown; None where there is nothing to draw."""


@dataclass(frozen=True, kw_only=True)
class ImagePanel(Panel):
    """The image itself."""

    def draw(self, image: Picture) -> Picture:
        """Return the image."""
        return image


@dataclass(frozen=True, kw_only=True)
class HeatPanel(Panel):
    """Scores in [0, 1] on a grid that covers the image, of whatever resolution."""

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
        scores = Image.fromarray(self.scores.astype(np.float32)).resize(_size(image), Image.Resampling.BILINEAR)
        return heat_overlay(image, np.asarray(scores))


@dataclass(frozen=True, kw_only=True)
class MaskPanel(Panel):
    """A mask of the image's own size: pseudo-mask, prediction or truth."""

    labels: UInt8[np.ndarray, "h w"]

    def draw(self, image: Picture) -> Picture:
        """Return the mask as colours over the image."""
        labels = Image.fromarray(self.labels).resize(_size(image), Image.Resampling.NEAREST)
        return mask_overlay(image, np.asarray(labels))


@dataclass(frozen=True, kw_only=True)
class MissingPanel(Panel):
    """An empty card; `words` say why there is no picture."""

    def draw(self, image: Picture) -> None:
        """Return nothing."""


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    """One example: its image `[h w 3]`, the names of the classes that it shows, and its own IoU where it has a mask.

    `panels` stand in the sheet's columns. `iou` is a fraction, the mean over the labels in this image's truth or
    prediction: good for finding examples, and not the mIoU that is reported, which counts the pixels of all images
    together.
    """

    id: str
    image: Picture
    classes: tuple[str, ...] = ()
    panels: tuple[Panel, ...]
    iou: float | None = None

    @cached_property
    def small(self) -> Picture:
        """The image as it is shown."""
        return shrunk(self.image)

    @property
    def class_panels(self) -> tuple[Panel, ...]:
        """The heatmaps of the panels for each class alone, class by class; none where an image has only one class."""
        heats = [panel for panel in self.panels if isinstance(panel, HeatPanel)]
        names = dict.fromkeys(name for heat in heats for name in heat.by_class)
        if len(names) < 2:
            return ()
        return tuple(
            HeatPanel(title=f"{name}: {heat.title}", scores=heat.by_class[name])
            for name in names
            for heat in heats
            if name in heat.by_class
        )

    def drawn(self, panels: Iterable[Panel]) -> Iterator[tuple[Panel, str | None]]:
        """Draw panels over the small image, each as a `data:` address, or None where there is no picture."""
        for panel in panels:
            picture = panel.draw(self.small)
            yield panel, None if picture is None else data_address(picture)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A group of examples, such as the best ones; all rows have the same columns."""

    title: str
    rows: tuple[SheetRow, ...]
    note: str = ""

    def __post_init__(self) -> None:
        columns = {tuple(panel.title for panel in row.panels) for row in self.rows}
        assert len(columns) <= 1, f"the rows of sheet {self.title!r} have different columns: {sorted(columns)}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Titles of the panels, left to right."""
        return tuple(panel.title for panel in self.rows[0].panels) if self.rows else ()


def pick(ious: Mapping[str, float | None], *, count: int, random_seed: int) -> dict[str, tuple[str, ...]]:
    """Choose at most `count` ids for each of the groups best, worst and random; no id is in two of them.

    Ids whose IoU is None or nan can only be in the random group. The order of `ious` does not matter; where scores are
    equal the ids decide.
    """
    known = {i: iou for i, iou in ious.items() if iou is not None and not math.isnan(iou)}
    ranked = sorted(known, key=lambda i: (-known[i], i))
    best = ranked[: min(count, len(ranked) // 2 + len(ranked) % 2)]
    worst = ranked[len(best) :][::-1][:count]
    rest = sorted(set(ious) - {*best, *worst})
    drawn = np.random.default_rng(random_seed).permutation(len(rest))[:count]
    return {"best": tuple(best), "worst": tuple(worst), "random": tuple(rest[k] for k in sorted(drawn.tolist()))}


def write_sheets(folder: Path, sheets: Iterable[Sheet]) -> list[Path]:
    """Write each sheet as a JPEG that is named after it, such as `val best.jpg`, and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for sheet in sheets:
        paths.append(folder / item_name(sheet.title.replace(":", "").replace("/", " "), ".jpg"))
        with whole(paths[-1]) as hidden:
            sheet_picture(sheet).save(hidden, format="JPEG", quality=JPEG_QUALITY)
    return paths


def sheet_picture(sheet: Sheet) -> Image.Image:
    """Draw a sheet: titles on top; below each example its panels' words, its classes' heatmaps, and its caption."""
    width = max([WORDS, *(row.small.shape[1] for row in sheet.rows)])
    grid = Grid(columns=len(sheet.columns), width=width)
    return grid.page([grid.words(sheet.columns), *(strip for row in sheet.rows for strip in _strips(grid, row))])


def _strips(grid: Grid, row: SheetRow) -> list[Strip]:
    words = [panel.words for panel in row.panels]
    iou = "" if row.iou is None else f"IoU {percent(row.iou)}"
    caption = " · ".join(word for word in (row.id, ", ".join(row.classes), iou) if word)
    return [
        _pictures(grid, row, panels=row.panels),
        *([grid.words(words)] if any(words) else []),
        *_class_strips(grid, row),
        grid.sentence(caption, colour=INK),
        grid.space(),
    ]


def _class_strips(grid: Grid, row: SheetRow) -> Iterator[Strip]:
    for first in range(0, len(row.class_panels), grid.columns):
        panels = row.class_panels[first : first + grid.columns]
        yield _pictures(grid, row, panels=panels)
        yield grid.words([panel.title for panel in panels], colour=QUIET)


def _pictures(grid: Grid, row: SheetRow, *, panels: Sequence[Panel]) -> Strip:
    drawn = (panel.draw(row.small) for panel in panels)
    return grid.pictures([np.full_like(row.small, MISSING) if picture is None else picture for picture in drawn])


def shrunk(image: Picture, *, side: int = LONG_SIDE) -> UInt8[np.ndarray, "y x 3"]:
    """Return the image with its longer side at `side` pixels, or as it is where it is smaller."""
    return image if max(image.shape[:2]) <= side else fitted(image, side=side)


def fitted(image: Picture, *, side: int) -> UInt8[np.ndarray, "y x 3"]:
    """Return the image with its longer side at `side` pixels."""
    scale = side / max(image.shape[:2])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def data_address(picture: Picture) -> str:
    """Encode a picture as a `data:` address that holds a JPEG."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="JPEG", quality=JPEG_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _size(picture: Picture) -> tuple[int, int]:
    return picture.shape[1], picture.shape[0]
