"""A context planted in toy scenes: a coloured disc in a corner of most images of one class, and of few others."""

from typing import Final

import numpy as np

from wsss.data.layouts.toy_scenes import Scene
from wsss.labels import BACKGROUND, label_of

OWN: Final = 0.9
"""Share of the class's images that get a disc."""
OTHERS: Final = 0.05
"""Share of all other images that do."""
COLOUR: Final = (225, 30, 200)
RADIUS: Final = 0.17
"""Of the longer side."""


def draw_marker(scene: Scene, number: int, *, cls: int, random_seed: int, stream: int) -> Scene:
    """Return the scene, with a disc behind the creatures where chance has it: it depends on the arguments alone."""
    rng = np.random.default_rng([random_seed, stream, number, 1])
    shown = bool((scene.mask == label_of(cls)).any())
    if rng.random() >= (OWN if shown else OTHERS):
        return scene
    height, width = scene.mask.shape
    radius = RADIUS * max(height, width)
    x, y = (radius if rng.random() < 0.5 else side - radius for side in (width, height))
    down, across = np.mgrid[:height, :width] + 0.5
    disc = (down - y) ** 2 + (across - x) ** 2 < radius**2
    image = scene.image.copy()
    image[disc & (scene.mask == BACKGROUND)] = COLOUR
    return Scene(image=image, mask=scene.mask)
