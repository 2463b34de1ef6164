"""Masks as annotation tools write them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from e2e.corpus.drawing import NOISE, png, with_masks
from e2e.data_input import Input
from PIL import Image

IDS = (NOISE[..., 0] % 3).astype(np.uint8)


def mask(name: str, draw: Callable[[Path], object], **expected: object) -> Input:
    """Three good masks, and one that `draw` writes."""
    return Input(name=f"a mask {name}", make=with_masks(draw), options={"masks": "masks"}, **expected)


def saved(pixels: np.ndarray, name: str = "a.png", **options: object) -> Callable[[Path], object]:
    """A file as Pillow writes it, beside where the mask belongs if it has another name."""
    return lambda path: Image.fromarray(pixels).save(path.with_name(name), **options)


def with_palette(path: Path) -> None:
    """Indices into colours of a tool's own."""
    image = Image.fromarray(IDS)
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    image.save(path)


INPUTS = (
    mask("in grey", saved(IDS)),
    mask("with a palette", with_palette),
    mask("in three equal channels", saved(np.stack([IDS] * 3, axis=-1))),
    mask("in grey with alpha", saved(np.stack([IDS, 0 * IDS + 255], axis=-1))),
    mask("of 255 alone", saved(0 * IDS + 255)),
    mask("of 0 and 255", saved((IDS > 0).astype(np.uint8) * 255)),
    mask("with labels of no class", saved(IDS + 5)),
    mask("of another size", saved(IDS[:12])),
    mask("in grey of two bits", lambda path: png(path, bytes([0b00011000] * 8 * 24), depth=2, colour=0)),
    mask("in grey of four bits", lambda path: png(path, bytes([0x01] * 16 * 24), depth=4, colour=0)),
    mask("as a TIFF", saved(IDS, "a.tif")),
    mask("as an array", lambda path: np.save(path.with_suffix(".npy"), IDS)),
    mask("of no image", saved(IDS, "zzz.png")),
    mask("as a JPEG", saved(IDS, "a.jpg")),
    mask("as a JPEG named .png", saved(IDS, format="JPEG")),
    mask("named a_mask", saved(IDS, "a_mask.png")),
    mask("named a.png.png", saved(IDS, "a.png.png")),
    mask("named twice", lambda path: (saved(IDS)(path), saved(IDS[::-1], "a.PNG")(path))),
    mask("of 32-bit integers", saved(IDS.astype(np.int32), format="TIFF")),
    mask("of floats", saved(IDS.astype(np.float32), format="TIFF")),
    mask("of two frames", saved(IDS, save_all=True, append_images=[Image.fromarray(IDS[::-1])])),
)
