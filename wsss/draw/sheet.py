"""Contact sheets: examples as rows, one column for each thing that the pipeline made of them, truth last."""

import base64
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from wsss.draw.grid import INK, QUIET, Grid, Strip
from wsss.draw.numbers import percent
from wsss.draw.overlay import Picture
from wsss.draw.panels import HeatPanel, Panel, shrunk, size_of
from wsss.store.files import item_name
from wsss.store.texts import whole

LARGE_SIDE: Final = 480
"""Pixels of a photograph's longer side in a page, where it can be opened."""
JPEG_QUALITY: Final = 80
PHOTO_QUALITY: Final = 65
LOSSY_QUALITY: Final = 60
WORDS: Final = 120
"""Pixels that a column takes at least, so that there is room for its title."""
MISSING: Final = (236, 236, 236)


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

    @cached_property
    def large(self) -> Picture:
        """The image as a page opens it."""
        return shrunk(self.image, side=LARGE_SIDE)

    @property
    def photo(self) -> str:
        """The large image as a `data:` address."""
        return webp_address(self.large, quality=PHOTO_QUALITY)

    def layers(self, panels: Iterable[Panel]) -> Iterator[tuple[Panel, str | None]]:
        """Return for each panel the `data:` address of what lies over the photograph, or None where nothing does."""
        for panel in panels:
            layer = panel.layer(size_of(self.large))
            quality = LOSSY_QUALITY if panel.lossy else None
            yield panel, None if layer is None else webp_address(layer, quality=quality)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A group of examples, such as the best ones; all rows have the same columns."""

    title: str
    rows: tuple[SheetRow, ...]
    note: str = ""

    @classmethod
    def of(cls, rows: Sequence[SheetRow], *, title: str) -> "Sheet":
        """Arrange rows without the columns that would hold no picture; the note says why they are missing."""
        held = {panel.title for row in rows for panel in row.panels if not panel.missing}
        absent: dict[str, list[str]] = {}
        for panel in rows[0].panels if rows else ():
            if panel.title not in held:
                absent.setdefault(panel.words, []).append(panel.title)
        kept = (replace(row, panels=tuple(panel for panel in row.panels if panel.title in held)) for row in rows)
        note = "; ".join(f"{', '.join(titles)}: {words}" for words, titles in absent.items())
        return cls(title=title, rows=tuple(kept), note=note)

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


def webp_address(picture: UInt8[np.ndarray, "h w channels"], *, quality: int | None) -> str:
    """Encode a picture of three or four channels as a `data:` address that holds a WebP; None loses nothing."""
    options = {"lossless": True} if quality is None else {"quality": quality}
    return _address(picture, "WEBP", method=4, **options)


def jpeg_address(picture: Picture) -> str:
    """Encode a picture as a `data:` address that holds a JPEG."""
    return _address(picture, "JPEG", quality=JPEG_QUALITY, optimize=True)


def _address(picture: UInt8[np.ndarray, "h w channels"], form: str, **options: Any) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format=form, **options)
    return f"data:image/{form.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"
