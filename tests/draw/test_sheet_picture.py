"""A contact sheet as one picture: where things stand, and what is missing."""

import numpy as np
from PIL import Image

from wsss.draw.grid import GAP, LINE, PAPER, SEAM
from wsss.draw.sheet import HeatPanel, ImagePanel, MaskPanel, MissingPanel, Sheet, SheetRow
from wsss.draw.sheet_picture import MISSING, WORDS, sheet_picture

GREEN = np.full((40, 60, 3), (0, 200, 0), dtype=np.uint8)
PITCH = WORDS + GAP


def row(image: np.ndarray = GREEN, **changes: object) -> SheetRow:
    panels = (
        ImagePanel(title="image"),
        MissingPanel(title="CAM"),
        MaskPanel(title="mask", labels=np.zeros(image.shape[:2], dtype=np.uint8)),
    )
    return SheetRow(**{"id": "a", "image": image, "panels": panels, **changes})


def box(picture: Image.Image, left: int, top: int, width: int, height: int) -> set[tuple[int, ...]]:
    cut = np.asarray(picture)[top : top + height, left : left + width]
    return {tuple(colour) for colour in cut.reshape(-1, 3).tolist()}


def test_rows_below_each_other_and_panels_side_by_side() -> None:
    picture = sheet_picture(Sheet(title="val: best", rows=(row(), row(GREEN[:20]))))
    top = GAP + LINE
    assert picture.size == (GAP + 3 * PITCH, top + (40 + SEAM + LINE + GAP) + (20 + SEAM + LINE + GAP))
    assert box(picture, GAP, top, 60, 40) == {(0, 200, 0)}
    assert box(picture, GAP + PITCH, top, 60, 40) == {MISSING}
    assert box(picture, GAP + 2 * PITCH, top, 60, 40) == {(0, 200, 0)}
    assert box(picture, GAP, top + 40 + SEAM + LINE + GAP, 60, 20) == {(0, 200, 0)}
    assert box(picture, GAP + 60, top, PITCH - 60, 40) == {PAPER}


def test_a_column_is_as_wide_as_the_widest_picture() -> None:
    wide = np.zeros((10, 200, 3), dtype=np.uint8)
    assert sheet_picture(Sheet(title="x", rows=(row(), row(wide)))).width == GAP + 3 * (200 + GAP)


def test_titles_and_names_are_written() -> None:
    blank = sheet_picture(Sheet(title="x", rows=(row(id=""),)))
    named = sheet_picture(Sheet(title="x", rows=(row(id="", iou=0.5),)))
    title = (GAP, 0, PITCH, GAP + LINE)
    words = (GAP, GAP + LINE + 40 + SEAM, PITCH, LINE)
    assert len(box(blank, *title)) > 1
    assert box(blank, *words) == {PAPER}
    assert len(box(named, *words)) > 1
    assert sheet_picture(Sheet(title="x", rows=(row(classes=("cat",)),))) != sheet_picture(
        Sheet(title="x", rows=(row(),))
    )


def test_what_a_panel_says_stands_below_it_and_above_the_name() -> None:
    said = row(panels=(ImagePanel(title="image"), ImagePanel(title="CAM", words="IoU 50.0")))
    picture = sheet_picture(Sheet(title="x", rows=(said,)))
    below = GAP + LINE + 40 + SEAM
    assert picture.height == below + 2 * LINE + GAP
    assert box(picture, GAP, below, PITCH, LINE) == {PAPER}
    assert len(box(picture, GAP + PITCH, below, PITCH, LINE)) > 1
    assert len(box(picture, GAP, below + LINE, PITCH, LINE)) > 1


def test_heatmaps_of_classes_stand_below_in_the_same_columns() -> None:
    zero = np.zeros((4, 6), dtype=np.float32)
    maps = HeatPanel(title="CAM", scores=zero, by_class={"cat": zero, "dog": zero, "cow": zero})
    panels = (ImagePanel(title="image"), maps)
    picture = sheet_picture(Sheet(title="x", rows=(row(panels=panels),)))
    below = GAP + LINE + 40 + SEAM
    assert picture.height == below + 2 * (40 + SEAM + LINE) + LINE + GAP
    dark = box(picture, GAP + PITCH, GAP + LINE, 60, 40)  # as the strongest scores are drawn
    for left, top in ((GAP, below), (GAP + PITCH, below), (GAP, below + 40 + SEAM + LINE)):
        assert box(picture, left, top, 60, 40) == dark
        assert len(box(picture, left, top + 40 + SEAM, 60, LINE)) > 1
    assert box(picture, GAP + PITCH, below + 40 + SEAM + LINE, PITCH, 40) == {PAPER}


def test_an_empty_sheet_is_a_small_page() -> None:
    assert sheet_picture(Sheet(title="x", rows=())).size == (GAP, GAP + LINE)
