"""Images of 16 bits become 8 by one rule: a value's share of white, rounded."""

from pathlib import Path

import numpy as np
import pytest
from e2e.corpus.drawing import png
from numpy.typing import NDArray
from PIL import Image

from wsss.data.depth import WHITE, deep_values, has_low_bytes, is_deep, raw_mode
from wsss.data.images import read_image
from wsss.errors import FileError

TELLING = (0, 128, 129, 255, 256, 257, 385, 386, 4095, 32767, 32768, 65279, 65407, 65408, 65535)
"""Values at which a division by 257 and one by 256, or a shift, give other results."""
DRAWN = tuple(np.random.default_rng(0).integers(0, 65536, 64).tolist())


def grey(path: Path, values: NDArray[np.integer], suffix: str = ".png") -> Path:
    """Save values as a grey image of 16 bits."""
    Image.fromarray(values.astype(np.uint16)).save(path.with_suffix(suffix))
    return path.with_suffix(suffix)


def colours(path: Path, values: NDArray[np.integer]) -> Path:
    """Save `[h w c]` values as a PNG of 16 bits a channel."""
    height, width, channels = values.shape
    colour = {2: 4, 3: 2, 4: 6}[channels]
    png(path, values.astype(">u2").tobytes(), depth=16, colour=colour, size=(width, height))
    return path


def expected(values: NDArray[np.integer], white: int = WHITE) -> list[int]:
    """The rule in whole numbers: round(255 v / white), at most 255; no value here lies halfway."""
    return [min(255, (2 * 255 * int(value) + white) // (2 * white)) for value in values.ravel()]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("white", [WHITE, 4095, 1023, 16383])
def test_grey(suffix: str, white: int, tmp_path: Path):
    values = np.array([[*TELLING, *DRAWN]])
    pixels = read_image(grey(tmp_path / "a", values, suffix), white=white)
    assert pixels[..., 0].ravel().tolist() == expected(values, white)


def test_256_and_a_shift_would_be_seen():
    values = np.array(TELLING)
    assert (values >> 8).tolist() != expected(values)
    assert (values / 256).round().clip(0, 255).astype(int).tolist() != expected(values)


@pytest.mark.parametrize("white", [WHITE, 4095])
@pytest.mark.parametrize("channels", [3, 4])
def test_colours(channels: int, white: int, tmp_path: Path):
    values = np.random.default_rng(1).integers(0, 65536, (6, 5, channels))
    values[..., 3:] = WHITE
    values[0, :5, 0] = TELLING[:5]
    pixels = read_image(colours(tmp_path / "a.png", values), white=white)
    assert pixels.ravel().tolist() == expected(values[..., :3], white)


def test_opacity_keeps_its_range(tmp_path: Path):
    values = np.array([[[4095, 0, 0, 65535], [4095, 0, 0, 0]]])
    assert read_image(colours(tmp_path / "a.png", values), white=4095).tolist() == [[[255, 0, 0], [255, 255, 255]]]


def test_grey_with_opacity(tmp_path: Path):
    path = colours(tmp_path / "a.png", np.array([[[65535, 65535], [257, 65535], [0, 0]]]))
    assert read_image(path)[0, :, 0].tolist() == [255, 1, 255]
    with pytest.raises(FileError, match=r"is grey of 16 bits with opacity, which dataset\.white=4095 cannot scale"):
        read_image(path, white=4095)


def test_what_is_known_before_pixels_are_decoded(tmp_path: Path):
    with Image.open(grey(tmp_path / "a", np.zeros((2, 2)))) as image:
        assert is_deep(image)
        assert has_low_bytes(image)
    with Image.open(colours(tmp_path / "b.png", np.zeros((2, 2, 3), dtype=int))) as image:
        assert (raw_mode(image), is_deep(image)) == ("RGB;16B", True)
        assert deep_values(image, tmp_path / "b.png").shape == (2, 2, 3)
    Image.new("RGB", (2, 2)).save(tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as image:
        assert not is_deep(image)


def test_values_beyond_16_bits(tmp_path: Path):
    Image.fromarray(np.array([[70_000]], dtype=np.int32)).save(tmp_path / "a.tif")
    with pytest.raises(FileError, match=r"has pixels outside 0 \.\. 65535 \(32-bit integers\)"):
        read_image(tmp_path / "a.tif")
