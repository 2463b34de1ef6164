"""Boxes drawn over a picture."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from wsss.boxes import Box
from wsss.draw.overlay import Picture

HALO: Final = (0, 0, 0)
"""Around a line, so that it shows on every ground."""
THIN: Final = 2
SHARE: Final = 300
"""A line takes a pixel of so many of the longer side, and `THIN` at least."""


def with_boxes(picture: Picture, boxes: Iterable[tuple[Box, tuple[int, ...]]]) -> UInt8[np.ndarray, "h w 3"]:
    """Return a copy of a picture with a frame in a colour around each box; boxes are in the picture's pixels."""
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    width = max(THIN, max(picture.shape[:2]) // SHARE)
    for box, colour in boxes:
        edges = [round(box.left), round(box.top), round(box.right) - 1, round(box.bottom) - 1]
        left, top, right, bottom = edges
        frame = (left, top, max(left, right), max(top, bottom))
        pen.rectangle(frame, outline=HALO, width=width + 2)
        inner = (frame[0] + 1, frame[1] + 1, max(frame[0] + 1, frame[2] - 1), max(frame[1] + 1, frame[3] - 1))
        pen.rectangle(inner, outline=colour, width=width)
    return np.asarray(image)
