"""The names of colours, below a picture."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from wsss.draw.overlay import Picture

PAPER: Final = (255, 255, 255)
INK: Final = (31, 37, 43)
SMALLEST: Final = 11
"""Pixels of the type at least; larger below pictures of more than 550 pixels."""

LegendEntry = tuple[UInt8[np.ndarray, "3"], str]
"""A colour and what it stands for."""


def with_legend(picture: Picture, entries: Sequence[LegendEntry]) -> UInt8[np.ndarray, "lines w 3"]:
    """Add a white strip with a patch and a name for each colour, in as many lines as they need; none for no entries.

    A name that is wider than the picture is cut off.
    """
    if not entries:
        return picture
    width = picture.shape[1]
    type_size = max(SMALLEST, width // 50)
    lines = _lines(entries, width=width, size=type_size)
    line = type_size * 3 // 2
    strip = Image.new("RGB", (width, line * len(lines) + type_size // 2), PAPER)
    for row, own in enumerate(lines):
        for left, (colour, name) in own:
            _write(strip, colour, name, at=(left, row * line + type_size // 2), size=type_size)
    return np.concatenate([picture, np.asarray(strip)])


def _lines(entries: Sequence[LegendEntry], *, width: int, size: int) -> list[list[tuple[int, LegendEntry]]]:
    """Break entries into lines, each entry with its left edge."""
    lines: list[list[tuple[int, LegendEntry]]] = [[]]
    left = size // 2
    for entry in entries:
        taken = size * 3 // 2 + int(font(size).getlength(entry[1])) + size
        if lines[-1] and left + taken > width:
            lines.append([])
            left = size // 2
        lines[-1].append((left, entry))
        left += taken
    return lines


def _write(strip: Image.Image, colour: UInt8[np.ndarray, "3"], name: str, *, at: tuple[int, int], size: int) -> None:
    left, top = at
    pen = ImageDraw.Draw(strip)
    red, green, blue = colour.tolist()
    pen.rectangle((left, top, left + size - 1, top + size - 1), fill=(red, green, blue), outline=INK)
    pen.text((left + size * 3 // 2, top + size // 2), name, fill=INK, font=font(size), anchor="lm")


@cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the font of pictures, which knows letters of most of Europe's languages."""
    import matplotlib as mpl  # noqa: PLC0415 - it takes a second to import

    # Matplotlib's font, since Pillow's knows few letters beyond ASCII.
    return ImageFont.truetype(
        Path(mpl.get_data_path(), "fonts", "ttf", f"DejaVuSans{'-Bold' if bold else ''}.ttf"), size
    )
