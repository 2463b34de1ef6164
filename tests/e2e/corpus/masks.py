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
    mask("in grey", saved(IDS), drawn={"a": IDS}),
    mask("with a palette", with_palette, drawn={"a": IDS}),
    mask(
        "in three equal channels",
        saved(np.stack([IDS] * 3, axis=-1)),
        refused=r"518 pixels in colours that are not VOC's",
    ),
    mask(
        "in grey with alpha",
        saved(np.stack([IDS, 0 * IDS + 255], axis=-1)),
        refused=r"is an image of mode LA: draw masks",
    ),
    mask(
        "of 255 alone",
        saved(0 * IDS + 255),
        drawn={"a": 0 * IDS + 255},
        noted=r"1 mask .masks/a.png. of images that show a class without a pixel of any: 255 is",
    ),
    mask(
        "of 0 and 255",
        saved((IDS > 0).astype(np.uint8) * 255),
        drawn={"a": (IDS > 0).astype(np.uint8) * 255},
        noted=r"1 mask .masks/a.png. .* without a pixel of any: 255 is",
    ),
    mask(
        "with labels of no class", saved(IDS + 5), refused=r"holds the labels 5, 6, 7: draw 0 for background, 1 for cat"
    ),
    mask("of another size", saved(IDS[:12]), refused=r"is 32 x 12 pixels and its image 32 x 24"),
    mask(
        "in grey of two bits",
        lambda path: png(path, bytes([0b00011000] * 8 * 24), depth=2, colour=0),
        drawn={"a": np.tile(np.array([0, 1, 2, 0], dtype=np.uint8), (24, 8))},
    ),
    mask(
        "in grey of four bits",
        lambda path: png(path, bytes([0x01] * 16 * 24), depth=4, colour=0),
        drawn={"a": np.tile(np.array([0, 1], dtype=np.uint8), (24, 16))},
    ),
    mask("as a TIFF", saved(IDS, "a.tif"), noted=r"no image has such a mask: a.tif"),
    mask("as an array", lambda path: np.save(path.with_suffix(".npy"), IDS), noted=r"no image has such a mask: a.npy"),
    mask("of no image", saved(IDS, "zzz.png"), noted=r"no image has such a mask: zzz.png"),
    mask("as a JPEG", saved(IDS, "a.jpg"), noted=r"no image has such a mask: a.jpg"),
    mask("as a JPEG named .png", saved(IDS, format="JPEG"), refused=r"is a JPEG, which blurs mask ids"),
    mask("named a_mask", saved(IDS, "a_mask.png"), noted=r"no image has such a mask: a_mask.png"),
    mask("named a.png.png", saved(IDS, "a.png.png"), noted=r"no image has such a mask: a.png.png"),
    mask(
        "named twice",
        lambda path: (saved(IDS)(path), saved(IDS[::-1], "a.PNG")(path)),
        refused=r"a.PNG and a.png have one id",
    ),
    mask("of 32-bit integers", saved(IDS.astype(np.int32), format="TIFF"), drawn={"a": IDS}),
    mask("of floats", saved(IDS.astype(np.float32), format="TIFF"), refused=r"is an image of mode F"),
    mask("of two frames", saved(IDS, save_all=True, append_images=[Image.fromarray(IDS[::-1])]), drawn={"a": IDS}),
)
