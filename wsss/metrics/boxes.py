"""Localisation by boxes: MaxBoxAccV2 of maps (Choe et al., CVPR 2020), and CorLoc."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from wsss.boxes.box import Box
from wsss.metrics.confusion import known_or_none, mean_of_known

SIDE: Final = 224
"""Pixels a side at which maps are scored, as the authors do."""
OVERLAPS: Final = (0.3, 0.5, 0.7)
"""IoU from which a box counts: MaxBoxAccV2 is the mean over these."""
THRESHOLDS: Final = np.arange(0, 1, 0.001)
"""Shares of a map's maximum that are tried."""
CORLOC: Final = 0.5
"""IoU from which CorLoc counts a box."""

Corners = Int[np.ndarray, "n 4"]
"""Left, top, right and bottom of boxes, as the authors have them: pixels are added at the ends."""


@dataclass(frozen=True, kw_only=True)
class BoxCurve:
    """Counts of pairs of an image and a class whose box is found, by class, overlap and threshold.

    MaxBoxAccV2 is that of the authors' code: any box of a threshold may overlap any true box of the class, and the best
    threshold of all images counts for each overlap. Where an image shows several classes each has a map and true boxes
    of its own; scores are the mean over classes, and over all pairs.

    >>> heat = np.zeros((SIDE, SIDE), dtype=np.float32)
    >>> heat[20:60, 30:90] = 1
    >>> curve = BoxCurve(classes=1)
    >>> curve.add(0, best_overlaps(heat, corners([Box(left=30, top=20, right=90, bottom=60)])))
    >>> curve.scores()["max_box_acc_v2"]
    1.0
    """

    classes: int
    found: NDArray[np.int64] = field(init=False)
    pairs: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "found", np.zeros((self.classes, len(OVERLAPS), len(THRESHOLDS)), dtype=np.int64))
        object.__setattr__(self, "pairs", np.zeros(self.classes, dtype=np.int64))

    def add(self, cls: int, overlaps: NDArray[np.float64]) -> None:
        """Count a pair by what `best_overlaps` returned for its map and its true boxes."""
        self.found[cls] += overlaps >= np.asarray(OVERLAPS)[:, None]
        self.pairs[cls] += 1

    def scores(self) -> dict[str, float | None]:
        """Return the mean over classes, and that over all pairs; None where there is no pair."""
        known = self.pairs > 0
        of_class = self.found.max(axis=2).mean(axis=1)[known] / self.pairs[known]
        pooled = self.found.sum(axis=0).max(axis=1).mean() / self.pairs.sum() if known.any() else float("nan")
        return {
            "max_box_acc_v2": known_or_none(mean_of_known(of_class.tolist())),
            "max_box_acc_v2_pooled": known_or_none(float(pooled)),
        }


@dataclass(frozen=True, kw_only=True)
class CorLoc:
    """How many pairs of an image and a class have a box that overlaps a true one by half, by class (Deselaers 2010)."""

    classes: int
    hits: NDArray[np.int64] = field(init=False)
    pairs: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("hits", "pairs"):
            object.__setattr__(self, name, np.zeros(self.classes, dtype=np.int64))

    def add(self, cls: int, box: Box | None, boxes: Sequence[Box]) -> None:
        """Count the one box that is found of a class, None where none is."""
        self.hits[cls] += box is not None and any(box.iou(true) >= CORLOC for true in boxes)
        self.pairs[cls] += 1

    def score(self) -> float | None:
        """Return the mean over the classes' shares of hits; None where there is no pair."""
        known = self.pairs > 0
        return known_or_none(mean_of_known((self.hits[known] / self.pairs[known]).tolist()))


def corners(boxes: Sequence[Box]) -> Corners:
    """Return boxes as the authors count: whole pixels, and the ends, which are not in the box, as if they were."""
    return np.array([[int(b.left), int(b.top), int(b.right), int(b.bottom)] for b in boxes], dtype=np.int64)


def best_overlaps(heat: Float[np.ndarray, "h w"], true: Corners) -> NDArray[np.float64]:
    """Return for each of `THRESHOLDS` the best overlap of any box of the map with any true one.

    The map is a picture of 8 bits. Pixels above the threshold, not at it, are drawn around: outlines of components and
    of their holes. A threshold without a pixel has one box of the first pixel.
    """
    picture = (heat * 255).astype(np.uint8)
    levels = (THRESHOLDS * picture.max()).astype(np.int64)
    values = np.unique(picture)
    # Only values that occur change what is above.
    steps = np.searchsorted(values, levels, side="right")
    of_step = {step: _overlap(picture >= values[step], true) for step in np.unique(steps) if step < len(values)}
    nothing = float(_ious(np.zeros((1, 4), dtype=np.int64), true).max())
    return np.array([of_step.get(step, nothing) for step in steps])


def _overlap(above: NDArray[np.bool_], true: Corners) -> float:
    return float(_ious(_outlined(above), true).max())


def _outlined(above: NDArray[np.bool_]) -> Corners:
    """Return the boxes of components, whose pixels touch at corners, and of the outlines of their holes.

    By the authors' own calls: numbering the components of all thresholds takes SciPy twelve times as long.
    """
    import cv2  # noqa: PLC0415 - a plan needs none of it

    height, width = above.shape
    outlines, _ = cv2.findContours(above.view(np.uint8), cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    boxes = np.array([cv2.boundingRect(outline) for outline in outlines], dtype=np.int64)
    starts, ends = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    return np.concatenate([starts, np.minimum(ends, [width - 1, height - 1])], axis=1)


def _ious(found: Int[np.ndarray, "m 4"], true: Corners) -> NDArray[Any]:
    """Return the overlap of every pair of boxes, both ends included: as the authors', and the VOC devkit's."""
    least, most = np.maximum(found[:, None, :2], true[None, :, :2]), np.minimum(found[:, None, 2:], true[None, :, 2:])
    common = (most - least + 1).clip(min=0).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2] + 1).prod(axis=1) for boxes in (found, true)]
    ious: NDArray[Any] = common / (areas[0][:, None] + areas[1][None] - common)
    return ious
