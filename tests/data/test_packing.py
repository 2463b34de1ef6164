"""Lengths of files against the pixels that their headers claim."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from wsss.data.images import read_image
from wsss.data.opened import opened
from wsss.data.packing import can_hold
from wsss.errors import FileError

CLAIMED = 13_000
"""Pixels of a side: 507 MB of RGB, and not too many to be read."""


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {"compress_level": 9}),
        ("JPEG", {"quality": 1, "progressive": True}),
        ("JPEG", {"quality": 1, "optimize": True}),
        *(("TIFF", {"compression": each}) for each in ("tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "packbits")),
        ("TIFF", {"compression": "jpeg"}),
        ("TIFF", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
    ],
    ids=str,
)
def test_a_plane_of_one_colour_is_held_by_the_smallest_file(kind: str, options: dict[str, Any], mode: str):
    jpeg = "JPEG" in (kind, str(options.get("compression")).upper())
    image = Image.new("L" if mode == "1" and (jpeg or kind == "WEBP") else mode, (3000, 2000))
    content = saved(image, kind, **options)
    with Image.open(BytesIO(content)) as written:
        assert can_hold(written, length=len(content))


def png() -> bytes:
    content = saved(Image.new("RGB", (8, 8)), "PNG")
    header = content[12:16] + struct.pack(">II", CLAIMED, CLAIMED) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


def jpeg() -> bytes:
    content = bytearray(saved(Image.new("RGB", (8, 8)), "JPEG"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", CLAIMED, CLAIMED)
    return bytes(content)


def tiff(compression: str) -> bytes:
    content = bytearray(saved(Image.new("RGB", (8, 8)), "TIFF", compression=compression))
    (first,) = struct.unpack("<I", content[4:8])
    for entry in range(first + 2, first + 2 + 12 * content[first], 12):
        (tag,) = struct.unpack("<H", content[entry : entry + 2])
        if tag in (256, 257, 278):  # width, height, rows of a strip
            content[entry : entry + 12] = struct.pack("<HHII", tag, 4, 1, CLAIMED)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [png(), jpeg(), *(tiff(each) for each in ("tiff_lzw", "tiff_adobe_deflate", "packbits"))],
    ids=["png", "jpeg", "tiff_lzw", "tiff_adobe_deflate", "packbits"],
)
def test_a_small_file_that_claims_to_be_large_is_refused_before_memory_is_asked_for(content: bytes, tmp_path: Path):
    (tmp_path / "a.png").write_bytes(content)
    said = rf"a\.png is damaged \(its {len(content):,} bytes cannot hold 13000 x 13000 pixels\): copy it again"
    with pytest.raises(FileError, match=said):
        read_image(tmp_path / "a.png")


def test_where_the_bounds_are(tmp_path: Path):
    (tmp_path / "a").write_bytes(saved(Image.new("RGB", (80, 80)), "PNG"))
    with opened(tmp_path / "a") as image:
        assert can_hold(image, length=19)  # 80 * 80 * 3 bytes / 1032 = 18.6
        assert not can_hold(image, length=18)
    (tmp_path / "a").write_bytes(saved(Image.new("RGB", (80, 80)), "JPEG"))
    with opened(tmp_path / "a") as image:
        assert can_hold(image, length=13)  # 80 * 80 pixels / 512 = 12.5
        assert not can_hold(image, length=12)
