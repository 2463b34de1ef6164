"""A contact sheet as one picture, for where no page can be shown."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from wsss.draw.grid import INK, QUIET, Grid, Strip
from wsss.draw.numbers import percent
from wsss.draw.overlay import Picture
from wsss.draw.sheet import JPEG_QUALITY, Panel, Sheet, SheetRow, shrunk
from wsss.store.files import item_name, whole

WORDS: Final = 120
"""Pixels that a column takes at least, so that there is room for its title."""
MISSING: Final = (236, 236, 236)


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
    width = max([WORDS, *(shrunk(row.image).shape[1] for row in sheet.rows)])
    grid = Grid(columns=len(sheet.columns), width=width)
    return grid.page([grid.words(sheet.columns), *(strip for row in sheet.rows for strip in _strips(grid, row))])


def _strips(grid: Grid, row: SheetRow) -> list[Strip]:
    small = shrunk(row.image)
    words = [panel.words for panel in row.panels]
    iou = "" if row.iou is None else f"IoU {percent(row.iou)}"
    caption = " · ".join(word for word in (row.id, ", ".join(row.classes), iou) if word)
    return [
        grid.pictures([_drawn(panel, small) for panel in row.panels]),
        *([grid.words(words)] if any(words) else []),
        *_class_strips(grid, row, small),
        grid.sentence(caption, colour=INK),
        grid.space(),
    ]


def _class_strips(grid: Grid, row: SheetRow, small: Picture) -> Iterator[Strip]:
    for first in range(0, len(row.class_panels), grid.columns):
        panels = row.class_panels[first : first + grid.columns]
        yield grid.pictures([_drawn(panel, small) for panel in panels])
        yield grid.words([panel.title for panel in panels], colour=QUIET)


def _drawn(panel: Panel, small: Picture) -> Picture:
    picture = panel.draw(small)
    return np.full_like(small, MISSING) if picture is None else picture
