"""Pages of strips: where things stand, what wraps and what is cut; and names of colours below a picture."""

import numpy as np
import pytest
from PIL import Image

from wsss.draw.grid import GAP, GOOD_PAPER, LINE, PAPER, SEAM, SMALLEST, Grid, font, shortened, with_legend

GRID = Grid(columns=3, width=100)

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


def inked(strip: Image.Image) -> list[int]:
    """The columns of pixels that are not paper."""
    return np.flatnonzero((np.asarray(strip) != PAPER).any(axis=(0, 2))).tolist()


def test_columns_have_a_gap_on_either_side():
    assert [GRID.left(column) for column in range(3)] == [GAP, GAP + 112, GAP + 224]
    assert GRID.page_width == GAP + 3 * 112
    assert Grid(columns=0, width=100).page_width == GAP


def test_a_page_puts_strips_below_one_another():
    red, blue = (np.full((5, 100, 3), colour, np.uint8) for colour in (RED, BLUE))
    page = np.asarray(GRID.page([GRID.pictures([red]), GRID.space(), GRID.pictures([blue, red])]))
    top = GAP + 5 + SEAM + GAP
    assert page.shape == (top + 5 + SEAM, GRID.page_width, 3)
    assert (page[GAP : GAP + 5, GAP : GAP + 100] == RED).all()
    assert (page[GAP + 5 : top] == PAPER).all()
    assert (page[top : top + 5, GAP : GAP + 100] == BLUE).all()
    assert (page[top : top + 5, 2 * GAP + 100 : 2 * GAP + 200] == RED).all()
    assert (page[top + 5 :, 2 * GAP + 100 :] == PAPER).all()


def test_words_stand_at_their_columns_and_marked_ones_on_green():
    strip = np.asarray(GRID.words(["", "cam", ""], marked=[1]))
    assert strip.shape[0] == LINE
    green = np.flatnonzero((strip == GOOD_PAPER).all(axis=2).any(axis=0))
    assert green.min() == GRID.left(1) - 4
    assert green.max() < GRID.left(2)
    assert inked(GRID.words(["a very long name " * 9]))[-1] < GRID.left(1), "cut before the next column"


def test_a_heading_leaves_room_for_its_remark():
    plain, long = GRID.heading("cat"), GRID.heading("a very long name " * 9, remark="93.1 %")
    assert plain.height == long.height
    assert inked(plain)[0] >= GAP
    assert GRID.page_width - 2 * GAP - 20 < inked(long)[-1] < GRID.page_width - GAP


@pytest.mark.parametrize(("text", "lines"), [("cam", 1), ("a long reason " * 9, 3), ("x" * 90, 1), ("", 1)])
def test_a_sentence_takes_as_many_lines_as_it_needs(text: str, lines: int):
    strip = GRID.sentence(text)
    assert strip.height == lines * LINE
    assert max(inked(strip), default=0) < GRID.page_width - GAP + 1


def test_the_scale_of_heat_runs_from_dark_to_light():
    strip = np.asarray(GRID.heat_scale())
    middle = strip[LINE, GAP + 14 : GAP + 13 + 63].sum(axis=1).astype(int)
    assert (np.diff(middle) >= 0).all()
    assert middle[0] < 30
    assert middle[-1] > 500


def test_a_long_text_is_cut_to_its_width():
    long = "a very long name of a file " * 9
    short = shortened(long, width=200, size=13)
    assert short.endswith("…")
    assert 150 < font(13).getlength(short) <= 200
    assert shortened("cam", width=200, size=13) == "cam"
