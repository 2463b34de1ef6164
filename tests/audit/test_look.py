"""A second look: correlations against a loop, and copies of a picture that are found again."""

import numpy as np
import pytest
from PIL import Image

from wsss.audit.look import SIDE, correlations, grey, look
from wsss.data.layouts.toy_scenes import draw_scene


def scene(number: int) -> np.ndarray:
    return draw_scene(number, size=160, random_seed=0, stream=0).image


def test_correlations_are_those_of_a_loop():
    draw = np.random.default_rng(0)
    whole, part = draw.normal(100, 40, (9, 8)).astype(np.float32), draw.normal(50, 30, (4, 5)).astype(np.float32)
    found = correlations(whole, part)
    assert found.shape == (6, 4)
    for y in range(6):
        for x in range(4):
            window = whole[y : y + 4, x : x + 5]
            assert found[y, x] == pytest.approx(np.corrcoef(window.ravel(), part.ravel())[0, 1], abs=1e-5)


def test_what_is_even_fits_nothing():
    noise = np.random.default_rng(0).normal(100, 40, (9, 9)).astype(np.float32)
    assert (correlations(noise, np.full((3, 3), 7.0, dtype=np.float32)) == 0).all()
    assert (correlations(np.full((9, 9), 7.0, dtype=np.float32), noise[:3, :3]) == 0).all()


def test_grey_keeps_the_aspect_and_small_pictures():
    assert grey(np.zeros((200, 100, 3), dtype=np.uint8)).shape == (SIDE, SIDE // 2)
    assert grey(np.zeros((10, 20, 3), dtype=np.uint8)).shape == (10, 20)


def copies(image: np.ndarray) -> dict[str, tuple[np.ndarray, bool, float]]:
    """Copies of a picture, whether they are mirrored, and of which length."""
    height, width = image.shape[:2]
    top, left = height // 5, width // 10
    return {
        "mirror": (image[:, ::-1], True, 1.0),
        "crop": (image[top : top + 7 * height // 10, left : left + 7 * width // 10], False, 0.7),
        "light": (np.clip(image * 1.3, 0, 255).astype(np.uint8), False, 1.0),
        "half": (np.asarray(Image.fromarray(image).resize((width // 2, height // 2))), False, 1.0),
    }


@pytest.mark.parametrize("way", ["mirror", "crop", "light", "half"])
def test_copies_are_found_either_way_round(way: str):
    image = scene(3)
    copy, mirrored, scale = copies(image)[way]
    for one, other in ((image, copy), (copy, image)):
        found = look(grey(one).astype(np.float32), grey(other).astype(np.float32))
        assert found.correlation > 0.9
        assert (found.mirrored, found.scale) == (mirrored, pytest.approx(scale, abs=0.051))
    if way != "crop":
        assert (found.brighter > 2) == (way == "light")


def test_other_scenes_are_no_copies():
    greys = [grey(scene(number)).astype(np.float32) for number in range(6)]
    highest = max(look(one, other).correlation for k, one in enumerate(greys) for other in greys[:k])
    assert highest < 0.85


def test_cut_outs_are_looked_for_on_demand():
    image = scene(3)
    crop = grey(copies(image)["crop"][0]).astype(np.float32)
    assert look(grey(image).astype(np.float32), crop, cut_outs=False).scale == 1.0
