"""One picture of all explanations of an image: classes down, methods across, the scores of each map below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.metric import shown_metrics
from wsss.apps.explain.tables import brief
from wsss.draw.legend import INK, PAPER, font
from wsss.draw.numbers import percent
from wsss.draw.overlay import Picture, heat_colours, heat_overlay, outlines
from wsss.labels import label_of

SIDE: Final = 256
"""Pixels of a picture's longer side; smaller images are enlarged to it."""
LEAST: Final = 176
"""Pixels that a column takes at least, so that there is room for its words."""
ACROSS: Final = 6
"""Methods beside one another; further ones stand below them."""
GAP: Final = 12
TYPE: Final = 13
LINE: Final = 19
HEADING: Final = 18
QUIET: Final = (106, 115, 125)
GOOD: Final = (10, 110, 50)
GOOD_PAPER: Final = (221, 244, 228)
OUTLINE: Final = (0, 229, 255)
"""A colour that neither heat nor grey has."""

Strip = Image.Image
Colour = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Sizes that all rows share."""

    image: Picture
    """As large as it is shown."""
    columns: int
    title: str

    @property
    def pitch(self) -> int:
        """Pixels from one column to the next."""
        return max(LEAST, int(self.image.shape[1])) + GAP

    @property
    def width(self) -> int:
        """Pixels of the page."""
        return GAP + self.columns * self.pitch

    def left(self, column: int) -> int:
        """Return where a column begins."""
        return GAP + column * self.pitch


def sheet(image: Picture, explained: Explained, *, title: str, mask: UInt8[np.ndarray, "h w"] | None = None) -> Strip:
    """Draw an image's explanations; with a mask, the outline of each class's own pixels as well."""
    methods = max(len(each) for each in explained.by_class().values())
    layout = _Layout(image=fitted(image), columns=1 + min(methods, ACROSS), title=title)
    small_mask = None if mask is None else _resized(mask, size=(layout.image.shape[1], layout.image.shape[0]))
    strips = [_heading(layout, title, size=HEADING, words=f"{image.shape[1]} x {image.shape[0]} pixels")]
    for each in explained.by_class().values():
        strips += _class_strips(layout, each, mask=small_mask)
    strips += _footer(layout, explained, masked=mask is not None)
    page = Image.new("RGB", (layout.width, GAP + sum(strip.height for strip in strips)), PAPER)
    top = 0
    for strip in strips:
        page.paste(strip, (0, top))
        top += strip.height
    return page


def fitted(image: Picture) -> UInt8[np.ndarray, "y x 3"]:
    """Return an image with its longer side at `SIDE` pixels."""
    scale = SIDE / max(image.shape[:2])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def _class_strips(
    layout: _Layout, each: Sequence[Explanation], *, mask: UInt8[np.ndarray, "y x"] | None
) -> list[Strip]:
    said = f"{percent(each[0].probability)} %, the classifier's probability"
    strips = [_heading(layout, each[0].name, size=TYPE + 3, words=said)]
    outline = None if mask is None else outlines((mask == label_of(each[0].cls)).astype(np.uint8))
    for first in range(0, len(each), ACROSS):
        part = each[first : first + ACROSS]
        strips.append(_texts(layout, ["image", *(one.method for one in part)], bold=True))
        strips.append(_pictures(layout, [layout.image, *(_drawn(layout.image, one, outline) for one in part)]))
        strips += _scores(layout, each, shown=range(first, first + len(part)))
    return strips


def _drawn(image: Picture, explanation: Explanation, outline: np.ndarray | None) -> Picture:
    size = image.shape[1], image.shape[0]
    heat = np.asarray(Image.fromarray(explanation.heat).resize(size, Image.Resampling.BILINEAR))
    drawn = heat_overlay(image, heat)
    if outline is not None:
        drawn[outline] = OUTLINE
    return drawn


def _resized(mask: UInt8[np.ndarray, "h w"], *, size: tuple[int, int]) -> UInt8[np.ndarray, "y x"]:
    return np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))


def _scores(layout: _Layout, each: Sequence[Explanation], *, shown: range) -> list[Strip]:
    """Draw a line for every metric, the best of all methods marked, and one for the time."""
    strips = []
    for metric in shown_metrics([one.judgement.scores for one in each]):
        values = [one.judgement.scores.get(metric.key) for one in each]
        best = metric.best(values)
        texts = [f"{metric.name} {metric.arrow}", *(percent(values[place]) for place in shown)]
        marked = [1 + column for column, place in enumerate(shown) if place in best]
        strips.append(_texts(layout, texts, marked=marked))
    times = ["time", *(brief(each[place].seconds) for place in shown)]
    strips.append(_texts(layout, times, colour=QUIET))
    strips.append(Image.new("RGB", (layout.width, GAP), PAPER))
    return strips


def _pictures(layout: _Layout, pictures: Sequence[Picture]) -> Strip:
    strip = Image.new("RGB", (layout.width, layout.image.shape[0] + 4), PAPER)
    for column, picture in enumerate(pictures):
        strip.paste(Image.fromarray(picture), (layout.left(column), 0))
    return strip


def _texts(
    layout: _Layout, texts: Sequence[str], *, bold: bool = False, marked: Sequence[int] = (), colour: Colour = INK
) -> Strip:
    """Write one text a column; marked ones are green and bold."""
    strip = Image.new("RGB", (layout.width, LINE), PAPER)
    pen = ImageDraw.Draw(strip)
    for column, text in enumerate(texts):
        left, own = layout.left(column), font(TYPE, bold=bold or column in marked)
        words = shortened(text, width=layout.pitch - GAP // 2, size=TYPE, bold=bold or column in marked)
        if column in marked:
            pen.rectangle((left - 4, 1, left + own.getlength(words) + 4, LINE - 2), fill=GOOD_PAPER)
        pen.text((left, LINE // 2), words, fill=GOOD if column in marked else colour, font=own, anchor="lm")
    return strip


def _heading(layout: _Layout, text: str, *, size: int, words: str) -> Strip:
    strip = Image.new("RGB", (layout.width, 2 * size), PAPER)
    pen = ImageDraw.Draw(strip)
    room = layout.width - 3 * GAP - int(font(TYPE).getlength(words))
    shown = shortened(text, width=room, size=size, bold=True)
    pen.text((GAP, size), shown, fill=INK, font=font(size, bold=True), anchor="lm")
    left = 2 * GAP + int(font(size, bold=True).getlength(shown))
    pen.text((left, size), words, fill=QUIET, font=font(TYPE), anchor="lm")
    return strip


def _footer(layout: _Layout, explained: Explained, *, masked: bool) -> list[Strip]:
    """Draw the scale of colours, and say what the numbers mean and what is left out."""
    said = ["Colours: 0 where nothing of the class was seen, 1 where most was; each map has a scale of its own."]
    if masked:
        said.append("The bright blue line is the outline of the class in the mask.")
    if any(each.judgement.scores for each in explained.explanations):
        said.append("Scores are per cent: ↑ higher is better, ↓ lower is better, green the best of its line.")
    said += [f"{name} is left out: {reason}" for name, reason in explained.left_out.items()]
    return [_scale(layout), *(_sentence(layout, line) for text in said for line in _lines(layout, text))]


def _scale(layout: _Layout) -> Strip:
    strip = Image.new("RGB", (layout.width, 2 * LINE), PAPER)
    bar = Image.fromarray(heat_colours()[None]).resize((layout.pitch - 4 * GAP, TYPE))
    left, middle = GAP + TYPE, LINE // 2 + TYPE // 2
    strip.paste(bar, (left, LINE // 2))
    pen = ImageDraw.Draw(strip)
    pen.rectangle((left, LINE // 2, left + bar.width - 1, LINE // 2 + TYPE - 1), outline=INK)
    pen.text((GAP, middle), "0", fill=INK, font=font(TYPE), anchor="lm")
    pen.text((left + bar.width + GAP // 2, middle), "1", fill=INK, font=font(TYPE), anchor="lm")
    return strip


def _sentence(layout: _Layout, text: str) -> Strip:
    strip = Image.new("RGB", (layout.width, LINE), PAPER)
    ImageDraw.Draw(strip).text((GAP, LINE // 2), text, fill=QUIET, font=font(TYPE), anchor="lm")
    return strip


def _lines(layout: _Layout, text: str) -> list[str]:
    """Break a sentence into lines as wide as the page."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font(TYPE).getlength(longer) > layout.width - 2 * GAP and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def shortened(text: str, *, width: int, size: int, bold: bool = False) -> str:
    """Return a text that is at most `width` pixels long; what is cut off becomes three dots."""
    own = font(size, bold=bold)
    if own.getlength(text) <= width:
        return text
    while text and own.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"
