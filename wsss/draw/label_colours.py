"""Colours of labels in pictures: apart for every eye, also for one that lacks a cone. Files of masks keep VOC's."""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import NDArray

from wsss.labels import MAX_CLASSES

FIRST: Final = (
    (230, 159, 0),
    (86, 180, 233),
    (213, 94, 0),
    (0, 158, 115),
    (240, 228, 66),
    (204, 121, 167),
    (0, 114, 178),
)
"""Colours of the first classes: those of Okabe and Ito (Color Universal Design, 2008) without black."""
LIGHTNESS: Final = (0.45, 0.93)
"""Oklab lightness of other colours: neither the dark of shadows nor the white of outlines."""
CHROMA: Final = 0.07
"""Least Oklab chroma of other colours: grey is for what is ignored."""
LEVELS: Final = 16
"""Values of red, green and blue among which other colours are sought."""

VISIONS: Final = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
)
"""How linear RGB looks: as it is, to a protanope, and to a deuteranope (Machado et al., TVCG 2009, severity 1)."""
CONES: Final = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
OKLAB: Final = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
"""From the cube roots of what the cones see to lightness and two axes of colour (Ottosson, 2020)."""


@cache
def label_colours() -> UInt8[np.ndarray, "256 3"]:
    """Return a colour for each label: black for the background, white for what is ignored, which is hatched instead.

    After the first ones each colour is the one that is farthest from all before it, to whichever eye sees it nearest.
    """
    candidates = _candidates()
    chosen = np.array(FIRST, dtype=np.uint8)
    seen = seen_by_all(candidates)
    distance = _distances(seen, seen_by_all(chosen)).min(axis=1)
    while len(chosen) < MAX_CLASSES:
        farthest = int(distance.argmax())
        chosen = np.concatenate([chosen, candidates[farthest][None]])
        distance = np.minimum(distance, _distances(seen, seen[:, farthest][:, None])[:, 0])
    colours = np.concatenate([np.zeros((1, 3), np.uint8), chosen, np.full((1, 3), 255, np.uint8)])
    colours.flags.writeable = False
    return colours


def seen_by_all(colours: UInt8[np.ndarray, "n 3"]) -> Float[np.ndarray, "vision n 3"]:
    """Return colours in Oklab as each kind of eye sees them; one unit is the way from black to white."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.stack([_oklab(np.clip(linear @ np.array(vision).T, 0, 1)) for vision in VISIONS])


def _oklab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    lab: NDArray[np.float64] = np.cbrt(linear @ np.array(CONES).T) @ np.array(OKLAB).T
    return lab


def _distances(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each colour of one list is from each of another, to the eye that sees them nearest."""
    nearest: NDArray[np.float64] = np.linalg.norm(one[:, :, None] - other[:, None], axis=-1).min(axis=0)
    return nearest


def _candidates() -> NDArray[np.uint8]:
    levels = np.linspace(0, 255, LEVELS).round().astype(np.uint8)
    every = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    lightness, *axes = seen_by_all(every)[0].T
    kept = (lightness > LIGHTNESS[0]) & (lightness < LIGHTNESS[1]) & (np.hypot(*axes) > CHROMA)
    found: NDArray[np.uint8] = every[kept]
    return found
