"""Pages drawn by Pillow: strips of pictures and words in columns, headings, sentences, and legends of colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from wsss import draw
from wsss.draw.overlay import Picture

GAP: Final = 12
"""Pixels between columns, and around them."""
SEAM: Final = 4
"""Pixels between a picture and the words below it."""
TYPE: Final = 13
LINE: Final = 19
"""Pixels of a line of text."""
SMALLEST: Final = 11
"""Pixels of a legend's type at least; larger below pictures of more than 550 pixels."""
PAPER: Final = (255, 255, 255)
INK: Final = (31, 37, 43)
QUIET: Final = (106, 115, 125)
GOOD: Final = (10, 110, 50)
GOOD_PAPER: Final = (221, 244, 228)

Strip = Image.Image
Colour = tuple[int, int, int]
LegendEntry = tuple[UInt8[np.ndarray, "3"], str]
"""A colour and what it stands for."""
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Columns of one width; each method makes a strip as wide as the page, and `page` puts strips below one another."""

    columns: int
    width: int
    """Pixels of a column."""

    @property
    def page_width(self) -> int:
        """Pixels of the page."""
        return self.left(self.columns)

    def left(self, column: int) -> int:
        """Return where a column begins."""
        return GAP + column * (self.width + GAP)

    def page(self, strips: Sequence[Strip]) -> Image.Image:
        """Put strips below one another."""
        page = self.space(GAP + sum(strip.height for strip in strips))
        top = GAP
        for strip in strips:
            page.paste(strip, (0, top))
            top += strip.height
        return page

    def space(self, height: int = GAP) -> Strip:
        """Return an empty strip."""
        return Image.new("RGB", (self.page_width, height), PAPER)

    def pictures(self, pictures: Sequence[Picture]) -> Strip:
        """Draw one picture a column; all of them have one size."""
        strip = self.space(len(pictures[0]) + SEAM)
        for column, picture in enumerate(pictures):
            strip.paste(Image.fromarray(picture), (self.left(column), 0))
        return strip

    def words(
        self, texts: Sequence[str], *, bold: bool = False, marked: Sequence[int] = (), colour: Colour = INK
    ) -> Strip:
        """Write one text a column; those of `marked` columns are green and bold."""
        strip = self.space(LINE)
        for column, text in enumerate(texts):
            left, heavy = self.left(column), bold or column in marked
            words = shortened(text, width=self.width + GAP // 2, size=TYPE, bold=heavy)
            if column in marked:
                right = left + font(TYPE, bold=True).getlength(words)
                ImageDraw.Draw(strip).rectangle((left - 4, 1, right + 4, LINE - 2), fill=GOOD_PAPER)
            _write(strip, words, left=left, bold=heavy, colour=GOOD if column in marked else colour)
        return strip

    def heading(self, text: str, *, remark: str = "", size: int = TYPE) -> Strip:
        """Write a title, cut to what is left beside its remark."""
        strip = self.space(2 * size)
        room = self.page_width - 3 * GAP - int(font(TYPE).getlength(remark))
        title = shortened(text, width=room, size=size, bold=True)
        _write(strip, title, left=GAP, size=size, bold=True)
        left = 2 * GAP + int(font(size, bold=True).getlength(title))
        _write(strip, remark, left=left, colour=QUIET)
        return strip

    def sentence(self, text: str, *, colour: Colour = QUIET) -> Strip:
        """Write a text in as many lines as it needs."""
        room = self.page_width - 2 * GAP
        lines = _flowed(text.split(), length=lambda word: font(TYPE).getlength(f"{word} "), room=room)
        strip = self.space(LINE * len(lines))
        for row, line in enumerate(lines):
            words = shortened(" ".join(word for _, word in line), width=room, size=TYPE)
            _write(strip, words, left=GAP, middle=row * LINE + LINE // 2, colour=colour)
        return strip

    def heat_scale(self) -> Strip:
        """Draw the colours of heatmaps between 0 and 1."""
        strip = self.space(2 * LINE)
        colours = Image.fromarray(draw.heat_colours()[None]).resize((self.width - 3 * GAP, TYPE))
        left, top = GAP + TYPE, LINE - TYPE // 2
        right = left + colours.width
        strip.paste(colours, (left, top))
        ImageDraw.Draw(strip).rectangle((left, top, right - 1, top + TYPE - 1), outline=INK)
        _write(strip, "0", left=GAP)
        _write(strip, "1", left=right + GAP // 2)
        return strip


def with_legend(picture: Picture, entries: Sequence[LegendEntry]) -> UInt8[np.ndarray, "lines w 3"]:
    """Add a white strip with a patch and a name for each colour, in as many lines as they need; none for no entries.

    A name that is wider than the picture is cut off.
    """
    if not entries:
        return picture
    width = picture.shape[1]
    size = max(SMALLEST, width // 50)
    margin, line = size // 2, size * 3 // 2
    lines = _flowed(entries, length=lambda entry: line + font(size).getlength(entry[1]) + size, room=width - margin)
    strip = Image.new("RGB", (width, line * len(lines) + margin), PAPER)
    for row, placed in enumerate(lines):
        for offset, ((red, green, blue), name) in placed:
            left, top = margin + int(offset), row * line + margin
            box = (left, top, left + size - 1, top + size - 1)
            ImageDraw.Draw(strip).rectangle(box, fill=(int(red), int(green), int(blue)), outline=INK)
            _write(strip, name, left=left + line, middle=top + size // 2, size=size)
    return np.concatenate([picture, np.asarray(strip)])


def shortened(text: str, *, width: int, size: int, bold: bool = False) -> str:
    """Return a text that is at most `width` pixels long; what is cut off becomes three dots."""
    typeface = font(size, bold=bold)
    if typeface.getlength(text) <= width:
        return text
    while text and typeface.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


@cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the font of pictures, which knows letters of most of Europe's languages.

    It is matplotlib's, since Pillow's knows few letters beyond ASCII; to import matplotlib would take a second.
    """
    found = find_spec("matplotlib")
    assert found is not None, "matplotlib is a dependency"
    assert found.origin is not None, "a package has an __init__.py"
    folder = Path(found.origin).with_name("mpl-data") / "fonts" / "ttf"
    return ImageFont.truetype(folder / f"DejaVuSans{'-Bold' if bold else ''}.ttf", size)


def _flowed(items: Sequence[Item], *, length: Callable[[Item], float], room: float) -> list[list[tuple[float, Item]]]:
    """Break items into lines of at most `room` pixels, each item with its left edge; every line has at least one."""
    lines: list[list[tuple[float, Item]]] = [[]]
    left = 0.0
    for item in items:
        if lines[-1] and left + length(item) > room:
            lines.append([])
            left = 0.0
        lines[-1].append((left, item))
        left += length(item)
    return lines


def _write(
    strip: Strip,
    text: str,
    *,
    left: float,
    middle: int | None = None,
    size: int = TYPE,
    bold: bool = False,
    colour: Colour = INK,
) -> None:
    """Write a line about a height, by default about the middle of the strip."""
    at = left, strip.height // 2 if middle is None else middle
    ImageDraw.Draw(strip).text(at, text, fill=colour, font=font(size, bold=bold), anchor="lm")
