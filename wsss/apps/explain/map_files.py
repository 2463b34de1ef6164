"""Maps as files: numbers for programs, and grey pictures for people."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image

from wsss.apps.batch.output import Output
from wsss.apps.explain.explanation import Explained
from wsss.store.files import item_name
from wsss.store.texts import whole

MAPS: Final = "maps"
"""Key of a row: the files of its maps, in the order of its explanations."""
ARRAY: Final = ".npy"
PICTURE: Final = ".png"


def write_maps(explained: Explained, *, name: str, output: Output) -> dict[str, Sequence[str]]:
    """Write `maps/<image>/<class> <method>.npy` and `.png`, and return the entry of the image's row.

    The arrays are float16 in [0, 1] at the image's own size; the pictures are the same in grey, 255 for 1.
    """
    names = []
    for each in explained.explanations:
        own = item_name(f"{each.name} {each.method}", "")
        array, picture = (output.file(MAPS, name=f"{name}/{own}", suffix=suffix) for suffix in (ARRAY, PICTURE))
        scores = each.map
        with whole(array) as hidden, hidden.open("wb") as file:
            np.save(file, scores.astype(np.float16), allow_pickle=False)
        with whole(picture) as hidden:
            grey = np.rint(np.clip(scores, 0, 1) * 255).astype(np.uint8)
            Image.fromarray(grey).save(hidden, format="PNG")
        names += [output.relative(array), output.relative(picture)]
    return {MAPS: names}
