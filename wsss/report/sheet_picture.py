"""A contact sheet as one picture, for where no page can be shown."""

from typing import Final

from PIL import Image, ImageDraw, ImageFont

from wsss.report.overlay import Picture
from wsss.report.sheet import Sheet, SheetRow, shrunk
from wsss.report.wording import percent

GAP: Final = 8
"""Pixels between pictures, and around them."""
LINE: Final = 18
"""Pixels of a line of text."""
WORDS: Final = 120
"""Pixels that a column takes at least, so that there is room for its title."""
PAPER: Final = (255, 255, 255)
MISSING: Final = (236, 236, 236)
INK: Final = (40, 40, 40)


def sheet_picture(sheet: Sheet) -> Image.Image:
    """Draw a sheet: the columns' titles on top; below each example its name, its classes and its IoU in per cent."""
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
    strip = Image.new("RGB", (len(row.panels) * pitch, height + LINE + GAP), PAPER)
    for column, panel in enumerate(row.panels):
        strip.paste(_tile(panel.draw(small), size=(width, height)), (column * pitch, 0))
    iou = "" if row.iou is None else f"IoU {percent(row.iou)}"
    _write(strip, "   ".join(word for word in (row.id, ", ".join(row.classes), iou) if word), left=0, top=height)
    return strip


def _tile(picture: Picture | None, *, size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, MISSING) if picture is None else Image.fromarray(picture)


def _write(page: Image.Image, text: str, *, left: int, top: int) -> None:
    ImageDraw.Draw(page).text((left, top), text, fill=INK, font=ImageFont.load_default(size=13))
