"""One picture of all explanations of an image: classes down, methods across, the scores of each map below it."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from wsss.apps.explain.boxed import Boxed
from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.metric import shown_metrics
from wsss.apps.explain.tables import brief
from wsss.draw.boxes import with_boxes
from wsss.draw.grid import QUIET, TYPE, Grid, Strip
from wsss.draw.numbers import percent
from wsss.draw.overlay import Picture, outlines
from wsss.draw.panels import HeatPanel, resized
from wsss.labels import label_of

SIDE: Final = 256
"""Pixels of a picture's longer side; smaller images are enlarged to it."""
LEAST: Final = 176
"""Pixels that a column takes at least, so that there is room for its words."""
ACROSS: Final = 6
"""Methods beside one another; further ones stand below them."""
OUTLINE: Final = (0, 229, 255)
"""A colour that neither heat nor grey has."""
FRAME: Final = (255, 255, 255)
"""Of boxes."""
NO_BOXES: Final[Boxed] = MappingProxyType({})


def sheet(
    image: Picture,
    explained: Explained,
    *,
    title: str,
    mask: UInt8[np.ndarray, "h w"] | None = None,
    boxes: Boxed = NO_BOXES,
) -> Image.Image:
    """Draw an image's explanations; with a mask, the outline of each class's own pixels as well, and boxes."""
    by_class = explained.by_class()
    small = resized(image, side=SIDE)
    methods = max(len(explanations) for explanations in by_class.values())
    grid = Grid(columns=1 + min(methods, ACROSS), width=max(LEAST, small.shape[1]))
    strips = [grid.heading(title, remark=f"{image.shape[1]} x {image.shape[0]} pixels", size=TYPE + 5)]
    for name, explanations in by_class.items():
        outline = None if mask is None else _outline(mask, label=label_of(explanations[0].cls), shape=small.shape)
        who = "classifier's probability" if explanations[0].box is None else "detector's score"
        probability = f"{percent(explanations[0].probability)} %, the {who}"
        strips.append(grid.heading(name, remark=probability, size=TYPE + 3))
        strips += _explained(grid, explanations, image=small, outline=outline, boxes=boxes)
    strips.append(grid.heat_scale())
    strips += [grid.sentence(text) for text in _notes(explained, masked=mask is not None, boxed=bool(boxes))]
    return grid.page([*strips, grid.space()])


def _explained(
    grid: Grid,
    explanations: Sequence[Explanation],
    *,
    image: Picture,
    outline: Bool[np.ndarray, "y x"] | None,
    boxes: Boxed,
) -> Iterator[Strip]:
    """Draw one class's maps, as many beside one another as there are columns."""
    for first in range(0, len(explanations), ACROSS):
        shown = range(first, min(first + ACROSS, len(explanations)))
        yield grid.words(["image", *(explanations[place].method for place in shown)], bold=True)
        yield grid.pictures([image, *(_drawn(image, explanations[place], outline, boxes) for place in shown)])
        yield from _scores(grid, explanations, shown=shown)
        yield grid.space()


def _drawn(image: Picture, explanation: Explanation, outline: Bool[np.ndarray, "y x"] | None, boxes: Boxed) -> Picture:
    drawn = HeatPanel(title=explanation.method, scores=explanation.heat).draw(image)
    if outline is not None:
        drawn[outline] = OUTLINE
    across, down = image.shape[1] / explanation.size.width, image.shape[0] / explanation.size.height
    found = [(each.found.box, FRAME) for each in boxes.get((explanation.name, explanation.method), ())]
    asked = [] if explanation.box is None else [(explanation.box, OUTLINE)]
    return with_boxes(drawn, [(box.scaled(across=across, down=down), colour) for box, colour in [*asked, *found]])


def _outline(mask: UInt8[np.ndarray, "h w"], *, label: int, shape: tuple[int, ...]) -> Bool[np.ndarray, "y x"]:
    small = Image.fromarray(mask).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
    return outlines((np.asarray(small) == label).astype(np.uint8))


def _scores(grid: Grid, explanations: Sequence[Explanation], *, shown: range) -> Iterator[Strip]:
    """Draw a line for every metric, the best of all methods marked, and one for the time."""
    scores = [explanation.judgement.scores for explanation in explanations]
    for metric in shown_metrics(scores):
        values = [known.get(metric.key) for known in scores]
        best = metric.best(values)
        texts = [f"{metric.name} {metric.arrow}", *(percent(values[place]) for place in shown)]
        yield grid.words(texts, marked=[1 + column for column, place in enumerate(shown) if place in best])
    if any(each.radius is not None for each in explanations):
        radii = [explanations[place].radius for place in shown]
        yield grid.words(["context radius", *("–" if each is None else f"{each:.0f} pixels" for each in radii)])
    yield grid.words(["time", *(brief(explanations[place].seconds) for place in shown)], colour=QUIET)


def _notes(explained: Explained, *, masked: bool, boxed: bool) -> Iterator[str]:
    """Say what colours and numbers mean, and what is left out."""
    yield "Colours: 0 where nothing of the class was seen, 1 where most was; each map has a scale of its own."
    if masked:
        yield "The bright blue line is the outline of the class in the mask."
    if any(explanation.radius is not None for explanation in explained.explanations):
        yield "Context radius: half of the map lies within so many pixels of what is explained."
    if any(explanation.box is not None for explanation in explained.explanations):
        yield "The bright blue frame is the detector's box that is explained."
    if boxed:
        yield "White frames are boxes around what is bright."
    if any(explanation.judgement.scores for explanation in explained.explanations):
        yield "Scores are per cent: ↑ higher is better, ↓ lower is better, green the best of its line."
    for name, reason in explained.left_out.items():
        yield f"{name} is left out: {reason}"
