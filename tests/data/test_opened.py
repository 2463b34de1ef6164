"""Files that are opened as images, and others, which are named with a remedy."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.data.images import read_image
from wsss.data.opened import image_errors, opened
from wsss.errors import DataError, FileError


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",  # Pillow would start Ghostscript
        b"SIMPLE  =                    T" + b" " * 2850,
        b"8BPS\0\1" + bytes(40),
        b"\x00\x00\x01\x00\x01\x00" + bytes(40),
    ],
)
def test_formats_that_are_not_photographs(content: bytes, tmp_path: Path):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(FileError, match=r"a\.png is not an image that can be read here"), opened(tmp_path / "a.png"):
        pass


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "gif", "tif", "ppm", "jp2", "avif"])
def test_formats_of_photographs(suffix: str, tmp_path: Path):
    Image.new("RGB", (3, 2)).save(tmp_path / f"a.{suffix}")
    (tmp_path / f"a.{suffix}").rename(tmp_path / "renamed.png")
    with opened(tmp_path / "renamed.png") as image:
        assert image.size == (3, 2)


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(FileError, match=r"a\.png is a pipe, a socket or a device"), opened(tmp_path / "a.png"):
        pass


def test_pillow_prints_nothing_of_damaged_files(tmp_path: Path):
    Image.new("RGB", (16, 12)).save(tmp_path / "a.tif")
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[:44] + b"---" + content[44:])
    look = (
        "import sys; from pathlib import Path; from wsss.data.images import read_image; read_image(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", look, str(tmp_path / "a.tif")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Warning" not in done.stderr


def test_libtiff_prints_nothing_of_damaged_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    noise = np.random.default_rng(0).integers(0, 255, size=(64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.tif", compression="tiff_lzw")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[100] ^= 0xFF
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(FileError, match=r"a\.tif is damaged"):
        read_image(tmp_path / "a.tif")
    assert capfd.readouterr() == ("", "")


def test_errors_keep_their_words(tmp_path: Path):
    with pytest.raises(DataError, match="as it was"), image_errors(tmp_path):
        raise DataError("as it was")
    with pytest.raises(AssertionError), image_errors(tmp_path):
        raise AssertionError
