"""A contact sheet as one picture, for where no page can be shown."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from wsss.draw.numbers import percent
from wsss.draw.overlay import Picture
from wsss.draw.sheet import JPEG_QUALITY, Sheet, SheetRow, shrunk
from wsss.store.files import item_name, whole

GAP: Final = 8
"""Pixels between pictures, and around them."""
LINE: Final = 18
"""Pixels of a line of text."""
WORDS: Final = 120
"""Pixels that a column takes at least, so that there is room for its title."""
PAPER: Final = (255, 255, 255)
MISSING: Final = (236, 236, 236)
INK: Final = (40, 40, 40)


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
    """Draw a sheet: the columns' titles on top; below each example its panels' words, its name, classes and IoU."""
    pitch = GAP + max([WORDS, *(shrunk(row.image).shape[1] for row in sheet.rows)])
    strips = [_strip(row, pitch=pitch) for row in sheet.rows]
    height = GAP + LINE + sum(strip.height for strip in strips)
    page = Image.new("RGB", (GAP + pitch * len(sheet.columns), height), PAPER)
    for column, title in enumerate(sheet.columns):
        _write(page, title, left=GAP + column * pitch, top=GAP // 2)
    top = GAP + LINE
    for strip in strips:
        page.paste(strip, (GAP, top))
        top += strip.height
    return page


def _strip(row: SheetRow, *, pitch: int) -> Image.Image:
    small = shrunk(row.image)
    height, width = small.shape[:2]
    worded = any(panel.words for panel in row.panels)
    strip = Image.new("RGB", (len(row.panels) * pitch, height + LINE * (1 + worded) + GAP), PAPER)
    for column, panel in enumerate(row.panels):
        strip.paste(_tile(panel.draw(small), size=(width, height)), (column * pitch, 0))
        _write(strip, panel.words, left=column * pitch, top=height)
    iou = "" if row.iou is None else f"IoU {percent(row.iou)}"
    text = "   ".join(word for word in (row.id, ", ".join(row.classes), iou) if word)
    _write(strip, text, left=0, top=height + LINE * worded)
    return strip


def _tile(picture: Picture | None, *, size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, MISSING) if picture is None else Image.fromarray(picture)


def _write(page: Image.Image, text: str, *, left: int, top: int) -> None:
    ImageDraw.Draw(page).text((left, top), text, fill=INK, font=ImageFont.load_default(size=13))
