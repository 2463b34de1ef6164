"""What is read otherwise than it is stored is known of each image and told once of all."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.data.traits import Traits, trait_notes, traits_of


def notes(*traits: Traits, white: int = 65535) -> list[str]:
    return list(
        trait_notes([(f"{name}.tif", each) for name, each in zip("abcdefgh", traits, strict=False)], white=white)
    )


def test_the_brightest_of_16_bits_counts():
    (note,) = notes(Traits(), Traits(peak=1000), Traits(peak=4095))
    seen, remedy = note.split("; ")
    assert seen == "2 images of 16 bits (b.tif first) use at most 6.2 % of their range: they are read as almost black"
    assert remedy == "set dataset.white=4095 if that is their camera's white"


@pytest.mark.parametrize(("peak", "white"), [(200, 255), (1000, 1023), (1024, 4095), (16_000, 16_383)])
def test_the_white_that_fits_is_named(peak: int, white: int):
    (note,) = notes(Traits(peak=peak))
    assert note.startswith("1 image of 16 bits (a.tif) uses at most")
    assert f"set dataset.white={white} " in note


@pytest.mark.parametrize("peak", [16384, 65535])
def test_one_bright_image_tells_that_the_range_is_whole(peak: int):
    assert notes(Traits(peak=3), Traits(peak=peak), Traits()) == []


def test_a_white_that_fits_is_not_doubted_and_one_that_cuts_off_is():
    assert notes(Traits(peak=4000), white=4095) == notes(Traits()) == notes() == []
    (note,) = notes(Traits(peak=5000), Traits(peak=3), white=4095)
    assert note.startswith("1 image of 16 bits (a.tif) with values above dataset.white=4095: they are read as white; ")


def test_frames_and_profiles():
    assert notes(Traits(framed=True), Traits(framed=True), Traits(profile="converted"), Traits(profile="broken")) == [
        "2 images (a.tif first) of several frames or pages: the first is read",
        "1 image (c.tif) with a colour profile of another space: converted to sRGB",
        "1 image (d.tif) with a broken colour profile: it is ignored, and colours may be wrong",
    ]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tif"])
def test_frames_are_seen(suffix: str, tmp_path: Path):
    pictures = [
        Image.fromarray(np.random.default_rng(key).integers(0, 256, (8, 9, 3), dtype=np.uint8)) for key in (0, 1)
    ]
    pictures[0].save(tmp_path / f"one{suffix}")
    pictures[0].save(tmp_path / f"two{suffix}", save_all=True, append_images=pictures[1:])
    assert traits_of(tmp_path / f"one{suffix}") == Traits()
    assert traits_of(tmp_path / f"two{suffix}") == Traits(framed=True)


def test_the_peak_is_that_of_the_colours(tmp_path: Path):
    Image.fromarray(np.array([[5, 4095]], dtype=np.uint16)).save(tmp_path / "a.png")
    assert traits_of(tmp_path / "a.png") == Traits(peak=4095)
