"""Scores and masks drawn over a photograph: uint8 RGB arrays `[h w 3]` in and out, no file and no page."""

from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy.typing import NDArray

from wsss import draw
from wsss.draw.label_colours import label_colours
from wsss.labels import BACKGROUND, IGNORE

Picture = UInt8[np.ndarray, "h w 3"]
Layer = UInt8[np.ndarray, "h w 4"]
"""Colours with their opacity, to be laid over a photograph."""

OPACITY: Final = 0.55
"""Share of a mask's colour over the photograph."""
WEAKEST: Final = 0.5
STRONGEST: Final = 0.85
"""Share of the colours of scores 0 and 1 over a grey photograph."""

IGNORED_COLOURS: Final = ((225, 225, 225), (170, 170, 170))
"""Ground and stripes of the hatch over ignored pixels."""

LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of r, g and b in brightness (ITU-R BT.601)."""


def heat_overlay(
    image: Picture, scores: Float[np.ndarray, "h w"], *, weakest: float = WEAKEST, strongest: float = STRONGEST
) -> Picture:
    """Draw scores in [0, 1] over a grey copy of the image; values outside are clipped.

    The colour's share grows linearly from `weakest` at score 0 to `strongest` at score 1: the scene stays recognisable
    where nothing was found, and the colour can be read off where something was.
    """
    assert image.shape[:2] == scores.shape, f"scores of {scores.shape} do not belong to an image of {image.shape}"
    share = np.clip(scores, 0, 1).astype(np.float32)
    colours = draw.heat_colours()[_rounded(share * 255)]
    weight = weakest + (strongest - weakest) * share
    return _blend(_grey(image), colours, weight=weight)


def heat_layer(scores: Float[np.ndarray, "h w"]) -> Layer:
    """Return scores in [0, 1] as a layer; over a grey photograph it looks as `heat_overlay` draws them."""
    share = np.clip(scores, 0, 1).astype(np.float32)
    opacity = _rounded(255 * (WEAKEST + (STRONGEST - WEAKEST) * share))
    return np.dstack([draw.heat_colours()[_rounded(share * 255)], opacity])


def mask_layer(labels: UInt8[np.ndarray, "h w"]) -> Layer:
    """Return a mask as a layer; over a photograph it looks as `mask_overlay` draws it."""
    layer: Layer = np.dstack([mask_picture(labels), np.where(labels == BACKGROUND, 0, round(255 * OPACITY))])
    layer = layer.astype(np.uint8)
    layer[layer[:, :, 3] == 0] = 0
    layer[outlines(labels)] = 255
    return layer


def mask_overlay(image: Picture, labels: UInt8[np.ndarray, "h w"], *, opacity: float = OPACITY) -> Picture:
    """Tint labelled pixels in their colour and outline every region; the background is left as it is.

    Ignored pixels are hatched in light grey, which no class is drawn in.
    """
    assert image.shape[:2] == labels.shape, f"a mask of {labels.shape} does not belong to an image of {image.shape}"
    weight = np.where(labels == BACKGROUND, 0.0, opacity).astype(np.float32)
    tinted = _blend(image, mask_picture(labels), weight=weight)
    tinted[outlines(labels)] = 255
    return tinted


def mask_picture(labels: UInt8[np.ndarray, "h w"]) -> Picture:
    """Draw a mask alone, in the colours of pictures with ignored pixels hatched in light grey."""
    picture: Picture = label_colours()[labels]
    ground, stripes = np.array(IGNORED_COLOURS, dtype=np.uint8)
    ignored = labels == IGNORE
    picture[ignored] = ground
    picture[ignored & _stripes(labels.shape)] = stripes
    return picture


def outlines(labels: UInt8[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Return pixels whose right or lower neighbour holds a different label; ignored pixels are nobody's neighbours."""
    changes = np.zeros(labels.shape, dtype=np.bool_)
    changes[:, :-1] |= _differ(labels[:, :-1], labels[:, 1:])
    changes[:-1] |= _differ(labels[:-1], labels[1:])
    return changes


def _differ(one: UInt8[np.ndarray, "y x"], other: UInt8[np.ndarray, "y x"]) -> Bool[np.ndarray, "y x"]:
    different: NDArray[np.bool_] = (one != other) & (one != IGNORE) & (other != IGNORE)
    return different


def _stripes(shape: tuple[int, ...]) -> Bool[np.ndarray, "h w"]:
    """Return diagonal stripes, two pixels of every six."""
    rows, columns = np.indices(shape)
    stripes: NDArray[np.bool_] = (rows + columns) % 6 < 2
    return stripes


def _grey(image: Picture) -> Picture:
    brightness = _rounded(image @ np.array(LUMA, dtype=np.float32))
    return np.repeat(brightness[:, :, None], 3, axis=2)


def _blend(under: Picture, over: Picture, *, weight: Float[np.ndarray, "h w"]) -> Picture:
    """Mix two pictures; `weight` in [0, 1] is the share of `over`."""
    share = weight[:, :, None]
    return _rounded(under * (1 - share) + over * share)


def _rounded(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = np.rint(values).astype(np.uint8)
    return rounded
