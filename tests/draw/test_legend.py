"""Names of colours below a picture."""

import numpy as np
import pytest

from wsss.draw.legend import SMALLEST, with_legend

RED, BLUE = np.array([200, 0, 0], dtype=np.uint8), np.array([0, 0, 200], dtype=np.uint8)


def patches(strip: np.ndarray, colour: np.ndarray) -> int:
    """How many pixels have exactly this colour: the inside of a patch, without its outline."""
    return int((strip == colour).all(axis=2).sum())


def test_the_picture_stays_and_a_patch_is_drawn_for_every_colour() -> None:
    picture = np.full((30, 400, 3), 7, dtype=np.uint8)
    shown = with_legend(picture, [(RED, "cat 12.0 %"), (BLUE, "dog 3.1 %")])
    assert (shown[:30] == picture).all()
    inside = (SMALLEST - 2) ** 2
    assert (patches(shown[30:], RED), patches(shown[30:], BLUE)) == (inside, inside)
    assert (shown[30:].min(axis=2) < 100).sum() > 2 * inside  # words as well


def test_entries_that_do_not_fit_go_on_in_the_next_line() -> None:
    narrow, wide = np.zeros((5, 120, 3), dtype=np.uint8), np.zeros((5, 480, 3), dtype=np.uint8)
    entries = [(RED, "motorbike"), (BLUE, "aeroplane"), (RED, "tvmonitor")]
    one, three = with_legend(wide, entries), with_legend(narrow, entries)
    line = SMALLEST * 3 // 2
    assert len(three) - len(one) == 2 * line
    assert patches(three, BLUE) == patches(one, BLUE)


def test_type_grows_with_the_picture() -> None:
    small, large = (with_legend(np.zeros((5, width, 3), dtype=np.uint8), [(RED, "cat")]) for width in (200, 2000))
    assert patches(large, RED) > 10 * patches(small, RED)


@pytest.mark.parametrize("name", ["猫", "a name that is far wider than the picture", ""])
def test_any_name_is_drawn(name: str) -> None:
    assert with_legend(np.zeros((5, 40, 3), dtype=np.uint8), [(RED, name)]).shape[1] == 40


def test_nothing_to_name() -> None:
    picture = np.zeros((5, 4, 3), dtype=np.uint8)
    assert with_legend(picture, []) is picture
