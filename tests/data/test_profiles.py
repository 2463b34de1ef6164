"""Colour profiles: pixels are converted to sRGB, a profile of sRGB changes nothing, and a broken one is ignored."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from e2e.corpus.drawing import chunk, png
from PIL import Image, ImageCms

from wsss.data.images import read_image
from wsss.data.profiles import in_srgb
from wsss.data.traits import traits_of

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
COLOUR = (20, 200, 30)
SWAPPED = (20, 30, 200)


def swapped() -> bytes:
    """A profile of sRGB in which green and blue are exchanged."""
    profile = bytearray(SRGB)
    (count,) = struct.unpack(">I", profile[128:132])
    places = {bytes(profile[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    green, blue = places[b"gXYZ"], places[b"bXYZ"]
    profile[green + 4 : green + 12], profile[blue + 4 : blue + 12] = (
        profile[blue + 4 : blue + 12],
        profile[green + 4 : green + 12],
    )
    return bytes(profile)


def reddened(factor: float) -> bytes:
    """A profile of sRGB whose red is so many times as strong in X."""
    profile = bytearray(SRGB)
    (count,) = struct.unpack(">I", profile[128:132])
    tags = [struct.unpack(">4sI", profile[132 + 12 * i : 140 + 12 * i]) for i in range(count)]
    place = dict(tags)[b"rXYZ"] + 8
    (red,) = struct.unpack(">i", profile[place : place + 4])
    profile[place : place + 4] = struct.pack(">i", round(red * factor))
    return bytes(profile)


def saved(path: Path, image: Image.Image, profile: bytes) -> Path:
    image.save(path, icc_profile=profile)
    return path


def test_pixels_are_those_that_a_viewer_shows(tmp_path: Path):
    path = saved(tmp_path / "a.png", Image.new("RGB", (4, 3), COLOUR), swapped())
    with Image.open(path) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        seen = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"))
    assert seen is not None
    assert read_image(path).tolist() == np.asarray(seen).tolist()
    assert read_image(path)[0, 0] == pytest.approx(SWAPPED, abs=2)
    assert traits_of(path).profile == "converted"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_profile_of_srgb_changes_nothing(suffix: str, tmp_path: Path):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8))
    noise.save(tmp_path / f"plain{suffix}")
    path = saved(tmp_path / f"a{suffix}", noise, SRGB)
    assert read_image(path).tolist() == read_image(tmp_path / f"plain{suffix}").tolist()
    assert traits_of(path).profile is None


@pytest.mark.parametrize(("factor", "converted"), [(0.9999, None), (0.99, "converted")])
def test_a_profile_that_moves_no_colour_further_than_3_is_taken_for_srgb(
    factor: float, converted: str | None, tmp_path: Path
):
    path = saved(tmp_path / "a.png", Image.new("RGB", (4, 3), COLOUR), reddened(factor))
    assert traits_of(path).profile == converted


@pytest.mark.parametrize("profile", [b"nonsense", SRGB[:200], b"\0" * 4000])
def test_a_broken_profile_is_ignored(profile: bytes, tmp_path: Path):
    path = saved(tmp_path / "a.png", Image.new("RGB", (4, 3), COLOUR), profile)
    assert read_image(path)[0, 0].tolist() == list(COLOUR)
    assert traits_of(path).profile == "broken"


def test_a_profile_of_other_channels_is_ignored(tmp_path: Path):
    path = saved(tmp_path / "a.png", Image.new("L", (4, 3), 90), SRGB)
    assert read_image(path)[0, 0].tolist() == [90] * 3
    assert traits_of(path).profile == "broken"


def test_opacity_stays(tmp_path: Path):
    image = Image.new("RGBA", (2, 1), (*COLOUR, 255))
    image.putpixel((1, 0), (*COLOUR, 0))
    path = saved(tmp_path / "a.png", image, swapped())
    assert read_image(path)[0, 0] == pytest.approx(SWAPPED, abs=2)
    assert read_image(path)[0, 1].tolist() == [255] * 3


def test_palettes_and_their_transparency(tmp_path: Path):
    image = Image.new("P", (2, 1))
    image.putpalette([*COLOUR, 0, 0, 0])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "a.png", icc_profile=swapped(), transparency=1)
    assert read_image(tmp_path / "a.png")[0, 0] == pytest.approx(SWAPPED, abs=2)
    assert read_image(tmp_path / "a.png")[0, 1].tolist() == [255] * 3


def test_images_of_16_bits_keep_their_profile(tmp_path: Path):
    path = tmp_path / "a.png"
    values = np.broadcast_to(np.array(COLOUR) * 257, (1, 2, 3))
    png(path, values.astype(">u2").tobytes(), depth=16, colour=2, size=(2, 1))
    data = path.read_bytes()
    path.write_bytes(data[:33] + chunk(b"iCCP", b"p\0\0" + zlib.compress(swapped())) + data[33:])
    assert read_image(path)[0, 0] == pytest.approx(SWAPPED, abs=2)


def test_an_image_without_a_profile_is_the_same_object():
    image = Image.new("RGB", (2, 2))
    assert in_srgb(image) is image
