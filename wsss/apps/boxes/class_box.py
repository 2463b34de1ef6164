"""Boxes of classes: how they are asked for, and what is found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, final

import numpy as np
import skimage
from jaxtyping import Float, UInt8

from wsss.boxes import Box, BoxRule, FoundBox
from wsss.errors import ConfigError
from wsss.labels import BACKGROUND, IGNORE, class_of
from wsss.size import Size

MASK: Final = "mask"
"""The source of boxes around a mask's components; the source of others is the method that made the map."""
AUTO: Final = "auto"
"""In place of a threshold: Otsu's, of each map."""


@final
@dataclass(frozen=True, kw_only=True)
class BoxOptions:
    """How a person asks for boxes."""

    rule: BoxRule = field(default_factory=BoxRule)
    threshold: float | None = None
    """Of maps, in [0, 1): what is above it belongs to the class; None is Otsu's threshold of each map."""
    voc: bool = False
    """Whether XML files are written as well, as PASCAL VOC has them."""

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 <= self.threshold < 1:
            raise ValueError(f"a threshold of maps lies in [0, 1), got {self.threshold}")


def box_options(
    *, threshold: str | None, least: float | None, merge: float | None, split: bool, voc: bool
) -> BoxOptions:
    """Return what words of the command line ask for; None is the default.

    Raises `ConfigError` for numbers that are out of range.
    """
    given = {name: value for name, value in (("least", least), ("merge", merge)) if value is not None}
    try:
        value = None if threshold in (None, AUTO) else float(str(threshold))
        return BoxOptions(rule=BoxRule(**given, split=split), threshold=value, voc=voc)
    except ValueError as error:
        words = {"--threshold": threshold, "--min-area": least, "--merge": merge}
        named = ", ".join(word for word, asked in words.items() if asked is not None)
        raise ConfigError([f"{named}: {error}; use shares such as 0.3"]) from error


@final
@dataclass(frozen=True, kw_only=True)
class ClassBox:
    """A box of a class, in whole pixels of the image."""

    name: str
    found: FoundBox
    source: str

    def to_row(self) -> dict[str, Any]:
        """Return what a table says of the box: `bbox` is left, top, width and height."""
        box = self.found.box
        return {
            "class": self.name,
            "bbox": [round(box.left), round(box.top), round(box.width), round(box.height)],
            "score": self.found.score,
            "area": self.found.area,
            "source": self.source,
        }


def boxes_of_mask(
    labels: UInt8[np.ndarray, "h w"],
    confidence: Float[np.ndarray, "h w"],
    *,
    classes: Sequence[str],
    rule: BoxRule,
) -> tuple[ClassBox, ...]:
    """Return boxes around the components of each class; their score is the mean confidence of their pixels."""
    shown = [label for label in np.unique(labels).tolist() if label not in (BACKGROUND, IGNORE)]
    return tuple(
        ClassBox(name=classes[class_of(label)], found=found, source=MASK)
        for label in shown
        for found in rule(labels == label, confidence)
    )


def boxes_of_map(
    heat: Float[np.ndarray, "y x"], *, size: Size, probability: float, name: str, source: str, options: BoxOptions
) -> tuple[ClassBox, ...]:
    """Return boxes around what is above the threshold in a map in [0, 1] that covers an image of `size`.

    Their score is the class's probability times the mean of the map inside.
    """
    threshold = float(skimage.filters.threshold_otsu(heat)) if options.threshold is None else options.threshold
    across, down = size.width / heat.shape[1], size.height / heat.shape[0]
    return tuple(
        ClassBox(
            name=name,
            found=FoundBox(
                box=_whole(found.box.scaled(across=across, down=down), size),
                area=round(found.area * across * down),
                score=probability * found.score,
            ),
            source=source,
        )
        for found in options.rule(heat > threshold, heat)
    )


def _whole(box: Box, size: Size) -> Box:
    """Return the whole pixels that a box touches."""
    return Box(
        left=math.floor(box.left),
        top=math.floor(box.top),
        right=min(math.ceil(box.right), size.width),
        bottom=min(math.ceil(box.bottom), size.height),
    )
