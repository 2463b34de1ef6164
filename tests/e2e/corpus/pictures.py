"""Images as cameras, phones, scanners and scripts write them, and files that only look like images."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from e2e.corpus.drawing import NOISE, cut, noise, png, with_image
from e2e.data_input import PLAIN, Input
from PIL import Image

GREY = NOISE[..., 0]
GREYS = np.stack([GREY] * 3, axis=-1)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def picture(name: str, file: str, draw: Callable[[Path], object], **expected: object) -> Input:
    """Four good images, and one that `draw` writes."""
    return Input(name=name, make=with_image(file, draw), **{"shows": {**PLAIN, "x": ["cat"]}, **expected})


def frames(path: Path) -> None:
    """Two pages or frames."""
    noise().save(path, save_all=True, append_images=[noise().rotate(180)])


def content(data: bytes) -> Callable[[Path], object]:
    """A file of these bytes."""
    return lambda path: path.write_bytes(data)


def saved(image: Image.Image, **options: object) -> Callable[[Path], object]:
    """A file as Pillow writes it."""
    return lambda path: image.save(path, **options)


def cut_jpeg(path: Path) -> None:
    """A JPEG without its end."""
    noise().resize((300, 300)).save(path)
    cut(path)


def upside_down_bmp(path: Path) -> None:
    """A bitmap of negative width."""
    noise().save(path)
    data = path.read_bytes()
    path.write_bytes(data[:18] + struct.pack("<i", -32) + data[22:])


def deep(values: np.ndarray, colour: int) -> Callable[[Path], object]:
    """A PNG of 16 bits a channel."""
    return lambda path: png(path, values.astype(">u2").tobytes(), depth=16, colour=colour)


INPUTS = (
    picture(
        "a TIFF of two pages",
        "x.tif",
        frames,
        looks={"x": NOISE},
        noted=r"of several frames or pages: the first is read",
    ),
    picture(
        "a TIFF of floats",
        "x.tif",
        saved(Image.fromarray(GREY.astype(np.float32))),
        refused=r"has pixels without a range",
    ),
    picture(
        "a TIFF of 32-bit integers",
        "x.tif",
        saved(Image.fromarray(GREY.astype(np.int32))),
        looks={"x": (GREYS / 257).round().astype(np.uint8)},
        noted=r"uses at most 0.4 % of their range",
    ),
    picture(
        "a TIFF with a palette",
        "x.tif",
        saved(noise().quantize(8)),
        looks={"x": np.asarray(noise().quantize(8).convert("RGB"))},
    ),
    picture("a TIFF in CMYK", "x.tif", saved(noise().convert("CMYK")), looks={"x": NOISE}),
    picture("a TIFF in LZW", "x.tif", saved(noise(), compression="tiff_lzw"), looks={"x": NOISE}),
    picture("a TIFF with a JPEG inside", "x.tif", saved(noise(), compression="jpeg")),
    picture("a TIFF in CIELAB", "x.tif", saved(Image.frombytes("LAB", (32, 24), NOISE.tobytes()))),
    picture("a JPEG in CMYK", "x.jpg", saved(noise().convert("CMYK"))),
    picture(
        "a grey PNG with alpha",
        "x.png",
        saved(noise().convert("LA")),
        looks={"x": np.stack([np.asarray(noise().convert("L"))] * 3, axis=-1)},
    ),
    picture(
        "a PNG of one bit",
        "x.png",
        saved(noise().convert("1")),
        looks={"x": np.asarray(noise().convert("1").convert("RGB"))},
    ),
    picture(
        "a PNG of two bits", "x.png", lambda path: png(path, bytes(8 * 24), depth=2, colour=0), looks={"x": 0 * NOISE}
    ),
    picture(
        "a grey PNG of 16 bits that uses 12",
        "x.png",
        saved(Image.fromarray(GREY.astype(np.uint16) * 16)),
        looks={"x": (GREYS * (16 / 257)).round().astype(np.uint8)},
        noted=r"uses at most 6.2 % of their range.*set dataset.white=4095",
    ),
    picture(
        "a PNG of 16 bits a colour that uses 12",
        "x.png",
        deep(NOISE.astype(int) * 16, 2),
        looks={"x": (NOISE * (16 / 257)).round().astype(np.uint8)},
        noted=r"uses at most 6.2 % of their range.*set dataset.white=4095",
    ),
    picture("a PNG of 16 bits a colour", "x.png", deep(NOISE.astype(int) * 257, 2), looks={"x": NOISE}),
    picture("a grey PNG with alpha of 16 bits", "x.png", deep(NOISE[..., :2].astype(int) * 257, 4)),
    picture("an animated GIF", "x.gif", frames, noted=r"of several frames or pages: the first is read"),
    picture("an animated WebP", "x.webp", frames, noted=r"of several frames or pages: the first is read"),
    picture(
        "an animated PNG", "x.png", frames, looks={"x": NOISE}, noted=r"of several frames or pages: the first is read"
    ),
    picture("a truncated JPEG", "x.jpg", cut_jpeg, refused=r"is damaged .image file is truncated"),
    picture("a file of zero bytes", "x.png", content(b""), refused=r"is empty .0 bytes.: copy it again"),
    picture("a HEIC", "x.heic", content(HEIC), refused=r"its suffix is not that of an image: save it as JPEG or PNG"),
    picture(
        "a HEIC named .jpg",
        "x.jpg",
        content(HEIC),
        refused=r"is not an image that can be read here: save it as JPEG or PNG",
    ),
    picture(
        "a PNG of 60,000 x 60,000",
        "x.png",
        lambda p: png(p, b"", depth=8, colour=2, size=(60_000, 60_000)),
        refused=r"60000 x 60000 pixels, more than the 178,956,970",
    ),
    picture(
        "a PNG of 0 x 0",
        "x.png",
        lambda path: png(path, b"", depth=8, colour=2, size=(0, 0)),
        refused=r"is not an image that can be read here: save it as JPEG or PNG",
    ),
    picture("a bitmap of negative width", "x.bmp", upside_down_bmp, refused=r"more than the 178,956,970"),
    picture(
        "an SVG named .png",
        "x.png",
        content(b"<svg/>"),
        refused=r"is not an image that can be read here: save it as JPEG or PNG",
    ),
    picture(
        "an EPS named .png",
        "x.png",
        content(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"),
        refused=r"is not an image that can be read here: save it as JPEG or PNG",
    ),
    picture(
        "a FITS named .png",
        "x.png",
        content(b"SIMPLE  =                    T" + b" " * 2850),
        refused=r"is not an image that can be read here: save it as JPEG or PNG",
    ),
    picture(
        "a broken colour profile",
        "x.png",
        saved(noise(), icc_profile=b"nonsense"),
        looks={"x": NOISE},
        noted=r"with a broken colour profile: it is ignored",
    ),
    picture("a name that macOS decomposed", "ue\u0308.png", saved(noise()), shows={**PLAIN, "u\u00eb": ["cat"]}),
    picture("a suffix in capitals", "X.PNG", saved(noise()), shows={**PLAIN, "X": ["cat"]}),
    picture("a JPEG named .png", "x.png", saved(noise(), format="JPEG")),
    picture("a JPEG 2000", "x.jp2", saved(noise()), looks={"x": NOISE}),
    picture("an AVIF", "x.avif", saved(noise())),
    picture(
        "a PFM",
        "x.ppm",
        content(b"Pf 32 24 -1.0\n" + GREY.astype("<f4").tobytes()),
        refused=r"has pixels without a range",
    ),
    picture(
        "a PPM of 16 bits",
        "x.ppm",
        content(b"P6 32 24 65535\n" + (NOISE.astype(">u2") * 257).tobytes()),
        looks={"x": NOISE},
    ),
    picture(
        "a PGM of 12 bits",
        "x.pgm",
        content(b"P5 32 24 4095\n" + (GREY.astype(int) * 16).astype(">u2").tobytes()),
        looks={"x": (GREYS * (4080 / 4095)).round().astype(np.uint8)},
    ),
    picture("a folder named .png", "x.png", Path.mkdir, refused=r"'x.png' is not in 'images'; it is a folder"),
    picture(
        "a link to nowhere",
        "x.png",
        lambda path: path.symlink_to("nowhere.png"),
        refused=r"x.png is not there: put it back",
    ),
    picture(
        "an image of 30,000 x 1",
        "x.png",
        saved(Image.new("RGB", (30_000, 1))),
        looks={"x": np.zeros((1, 30_000, 3), dtype=np.uint8)},
    ),
)
