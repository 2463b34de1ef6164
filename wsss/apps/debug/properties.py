"""Properties of images, in words: what a slice on which a network fails may have in common."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, UInt8

from wsss.apps.debug.survey import Survey
from wsss.labels import BACKGROUND, IGNORE

DARK: Final = 0.25
BRIGHT: Final = 0.65
FLAT: Final = 0.12
"""Mean grey values in [0, 1], and a deviation of them."""
SMALL: Final = 0.01
LARGE: Final = 0.3
"""Shares of an image that its objects cover."""
FIFTH: Final = 0.2
"""Share of the images that are the darkest, or the least sharp."""
RIM: Final = 2
"""Pixels from the border that still touch it."""


def properties(
    looked: Survey, places: np.ndarray, *, classes: tuple[str, ...], masks: Iterable[UInt8[np.ndarray, "_ _"] | None]
) -> dict[str, Bool[np.ndarray, " n"]]:
    """Return which of some images of a survey have which property; `masks` are theirs, None where there is none."""
    light, tags = looked.light[places], looked.tags[places]
    sizes = [looked.records[place].size for place in places.tolist()]
    wide = np.array([size.width / size.height for size in sizes])
    shapes = [mask_traits(mask) for mask in masks]
    cover, touching = (np.array(each) for each in zip(*shapes, strict=True))
    return {
        **{name: tags[:, c] for c, name in enumerate(classes)},
        "no class": ~tags.any(axis=1),
        "several classes": tags.sum(axis=1) > 1,
        f"dark (mean below {DARK})": light[:, 0] < DARK,
        f"bright (mean above {BRIGHT})": light[:, 0] > BRIGHT,
        "among the darkest fifth": _lowest(light[:, 0]),
        f"flat (contrast below {FLAT})": light[:, 1] < FLAT,
        "among the least sharp fifth": _lowest(light[:, 2]),
        "portrait": wide < 0.9,
        "landscape": wide > 1.1,
        f"small objects (below {SMALL:.0%} of the image)": cover < SMALL,
        f"large objects (above {LARGE:.0%} of the image)": cover > LARGE,
        "touches the border": touching == 1,
    }


def mask_traits(mask: UInt8[np.ndarray, "h w"] | None) -> tuple[float, float]:
    """Return the share of an image that objects cover, and 1 where one touches the border; nan where there is no mask.

    >>> mask_traits(np.array([[0] * 6] * 5 + [[1] * 6], dtype=np.uint8))
    (0.16666666666666666, 1.0)
    """
    if mask is None:
        return float("nan"), float("nan")
    on = (mask != BACKGROUND) & (mask != IGNORE)
    inner = on[RIM:-RIM, RIM:-RIM]
    return float(on.mean()), float(on.sum() > inner.sum())


def _lowest(values: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    return np.asarray(values <= np.quantile(values, FIFTH)) if len(values) else np.zeros(0, dtype=np.bool_)
