"""Files of the corpus, drawn by code: noise, PNGs of any kind byte by byte, and a folder of four images."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 24, 32
NOISE = np.random.default_rng(0).integers(0, 256, size=(HEIGHT, WIDTH, 3), dtype=np.uint8)
LABELS = "image,labels\na.png,cat\nb.png,dog\nc.png,cat;dog\nd.png,\n"
TWO = {"a": ["cat"], "b": ["dog"]}
"""What most label files of the corpus say."""
Make = Callable[[Path], object]


def noise() -> Image.Image:
    """A picture of 32 x 24 pixels."""
    return Image.fromarray(NOISE)


def folder(labels: str | bytes = LABELS, *, table: str = "labels.csv") -> Make:
    """Four images and a label file with any content."""

    def make(root: Path) -> None:
        (root / "images").mkdir(parents=True)
        for shift, name in enumerate("abcd"):
            Image.fromarray(np.roll(NOISE, shift, axis=0)).save(root / "images" / f"{name}.png")
        (root / table).write_bytes(labels if isinstance(labels, bytes) else labels.encode())

    return make


def with_image(name: str, draw: Callable[[Path], object]) -> Make:
    """The same and a fifth image, which `draw` puts where it is told; the CSV says that it shows a cat."""

    def make(root: Path) -> None:
        folder(f"{LABELS}{name},cat\n")(root)
        draw(root / "images" / name)

    return make


def with_masks(draw: Callable[[Path], object]) -> Make:
    """The same four images with masks of b, c and d; `draw` is told where that of a belongs."""

    def make(root: Path) -> None:
        folder()(root)
        (root / "masks").mkdir()
        for name, label in (("b", 2), ("c", 1), ("d", 0)):
            Image.new("L", (WIDTH, HEIGHT), label).save(root / "masks" / f"{name}.png")
        draw(root / "masks" / "a.png")

    return make


def png(path: Path, rows: bytes, *, depth: int, colour: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    """A PNG of any depth and colour type, which Pillow does not write: `rows` is its pixels, packed row by row."""
    width, height = size
    step = len(rows) // max(height, 1) if height < 1000 else 0
    lines = b"".join(b"\0" + rows[y * step : (y + 1) * step] for y in range(height)) if step else rows
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = b"".join(chunk(*each) for each in ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG, with its checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def cut(path: Path, share: float = 0.5) -> None:
    """Lose the end of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
