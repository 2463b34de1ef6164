import base64
import io

import numpy as np
import pytest
from PIL import Image

from wsss.draw.grid import GAP, LINE, PAPER, SEAM
from wsss.draw.overlay import mask_layer
from wsss.draw.panels import HeatPanel, ImagePanel, MaskPanel, MissingPanel, Panel
from wsss.draw.sheet import MISSING, WORDS, Sheet, SheetRow, jpeg_address, pick, sheet_picture


def picture(height: int, width: int):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def decoded(address: str, *, kind: str = "jpeg") -> Image.Image:
    head, _, body = address.partition(",")
    assert head == f"data:image/{kind};base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


def test_jpeg_address_holds_a_jpeg_of_the_picture():
    flat = np.full((20, 30, 3), 99, dtype=np.uint8)
    image = decoded(jpeg_address(flat))
    assert (image.format, image.size) == ("JPEG", (30, 20))
    assert np.abs(np.asarray(image).astype(int) - 99).max() <= 2


CLASSES = {1: "cat", 2: "dog", 3: "cow"}


def heat(labels: list[int], scores: list[float], *, title: str = "refined") -> HeatPanel:
    planes = {CLASSES[label]: np.full((2, 3), score) for label, score in zip(labels, scores, strict=True) if label}
    return HeatPanel(title=title, scores=np.max(list(planes.values()), axis=0), by_class=planes)


def test_a_row_has_a_heatmap_of_each_class_below_those_of_all():
    panels = (ImagePanel(title="image"), heat([1, 3], [0.2, 0.7], title="CAM"), heat([0, 3], [0.5, 0.6]))
    row = SheetRow(id="a", image=picture(2, 3), panels=panels)
    assert [panel.title for panel, _ in row.layers(row.class_panels)] == ["cat: CAM", "cow: CAM", "cow: refined"]
    scores = [float(panel.scores[0, 0]) for panel in row.class_panels if isinstance(panel, HeatPanel)]
    assert scores == [pytest.approx(0.2), pytest.approx(0.7), pytest.approx(0.6)]


def test_a_row_of_one_class_repeats_nothing():
    row = SheetRow(id="a", image=picture(2, 3), panels=(heat([1], [0.2]), heat([0, 1], [0.5, 0.6])))
    assert row.class_panels == ()


def test_a_row_has_its_photograph_once_and_layers_over_it():
    labels = np.zeros((960, 640), dtype=np.uint8)
    labels[:480] = 1
    panels = (
        ImagePanel(title="image"),
        HeatPanel(title="CAM", scores=np.eye(4, dtype=np.float32)),
        MaskPanel(title="mask", labels=labels),
        MissingPanel(title="truth", words="no mask"),
    )
    row = SheetRow(id="a", image=picture(960, 640), panels=panels)
    assert row.small.shape == (240, 160, 3)
    assert decoded(row.photo, kind="webp").size == (320, 480)
    (_, image), (_, heat), (_, mask), (missing, nothing) = row.layers(row.panels)
    assert (image, nothing, missing.title, missing.words) == (None, None, "truth", "no mask")
    assert decoded(str(heat), kind="webp").size == (4, 4), "the page enlarges it"
    drawn = np.asarray(decoded(str(mask), kind="webp").convert("RGBA"))
    assert (drawn == mask_layer(labels[::2, ::2])).all(), "nothing is lost"


def test_a_sheet_leaves_out_columns_without_a_picture_and_says_why():
    def row(name: str, *panels: Panel) -> SheetRow:
        return SheetRow(id=name, image=picture(2, 2), panels=(ImagePanel(title="image"), *panels))

    def none(title: str) -> MissingPanel:
        return MissingPanel(title=title, words="not made for this split")

    drawn = ImagePanel(title="mask")
    sheet = Sheet.of(
        [row("a", none("CAM"), none("maps"), drawn), row("b", none("CAM"), none("maps"), none("mask"))], title="val"
    )
    assert sheet.columns == ("image", "mask")
    assert [panel.missing for panel in sheet.rows[1].panels] == [False, True]
    assert sheet.note == "CAM, maps: not made for this split"
    assert Sheet.of([row("a", drawn)], title="val").note == ""
    assert Sheet.of([], title="val").rows == ()


def test_columns_of_a_sheet():
    row = SheetRow(id="a", image=picture(2, 2), panels=(ImagePanel(title="image"), MissingPanel(title="truth")))
    other = SheetRow(id="b", image=picture(2, 2), panels=(ImagePanel(title="image"),))
    assert Sheet(title="best", rows=(row, row)).columns == ("image", "truth")
    assert Sheet(title="best", rows=()).columns == ()
    with pytest.raises(AssertionError, match="different columns"):
        Sheet(title="best", rows=(row, other))


def test_pick_takes_best_and_worst_and_draws_from_the_rest():
    ious = {"a": 0.1, "b": 0.9, "c": 0.5, "d": None, "e": 0.7, "f": 0.3, "g": float("nan")}
    chosen = pick(ious, count=2, random_seed=0)
    assert chosen["best"] == ("b", "e")
    assert chosen["worst"] == ("a", "f")
    assert len(chosen["random"]) == 2
    assert set(chosen["random"]) <= {"c", "d", "g"}
    assert pick(dict(reversed(ious.items())), count=2, random_seed=0) == chosen


def test_pick_never_shows_an_image_twice():
    assert pick({"a": 0.5, "b": 0.5, "c": 0.5}, count=9, random_seed=0) == {
        "best": ("a", "b"),
        "worst": ("c",),
        "random": (),
    }


def test_pick_without_scores_is_random_and_repeatable():
    nothing = dict.fromkeys("abcdefgh")
    chosen = pick(nothing, count=3, random_seed=1)
    assert (chosen["best"], chosen["worst"]) == ((), ())
    assert len(set(chosen["random"])) == 3
    assert chosen == pick(nothing, count=3, random_seed=1)
    assert any(pick(nothing, count=3, random_seed=seed) != chosen for seed in range(2, 6))


GREEN = np.full((40, 60, 3), (0, 200, 0), dtype=np.uint8)
PITCH = WORDS + GAP


def sheet_row(image: np.ndarray = GREEN, **changes: object) -> SheetRow:
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
    picture = sheet_picture(Sheet(title="val: best", rows=(sheet_row(), sheet_row(GREEN[:20]))))
    top = GAP + LINE
    assert picture.size == (GAP + 3 * PITCH, top + (40 + SEAM + LINE + GAP) + (20 + SEAM + LINE + GAP))
    assert box(picture, GAP, top, 60, 40) == {(0, 200, 0)}
    assert box(picture, GAP + PITCH, top, 60, 40) == {MISSING}
    assert box(picture, GAP + 2 * PITCH, top, 60, 40) == {(0, 200, 0)}
    assert box(picture, GAP, top + 40 + SEAM + LINE + GAP, 60, 20) == {(0, 200, 0)}
    assert box(picture, GAP + 60, top, PITCH - 60, 40) == {PAPER}


def test_a_column_is_as_wide_as_the_widest_picture() -> None:
    wide = np.zeros((10, 200, 3), dtype=np.uint8)
    assert sheet_picture(Sheet(title="x", rows=(sheet_row(), sheet_row(wide)))).width == GAP + 3 * (200 + GAP)


def test_titles_and_names_are_written() -> None:
    blank = sheet_picture(Sheet(title="x", rows=(sheet_row(id=""),)))
    named = sheet_picture(Sheet(title="x", rows=(sheet_row(id="", iou=0.5),)))
    title = (GAP, 0, PITCH, GAP + LINE)
    words = (GAP, GAP + LINE + 40 + SEAM, PITCH, LINE)
    assert len(box(blank, *title)) > 1
    assert box(blank, *words) == {PAPER}
    assert len(box(named, *words)) > 1
    assert sheet_picture(Sheet(title="x", rows=(sheet_row(classes=("cat",)),))) != sheet_picture(
        Sheet(title="x", rows=(sheet_row(),))
    )


def test_what_a_panel_says_stands_below_it_and_above_the_name() -> None:
    said = sheet_row(panels=(ImagePanel(title="image"), ImagePanel(title="CAM", words="IoU 50.0")))
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
    picture = sheet_picture(Sheet(title="x", rows=(sheet_row(panels=panels),)))
    below = GAP + LINE + 40 + SEAM
    assert picture.height == below + 2 * (40 + SEAM + LINE) + LINE + GAP
    dark = box(picture, GAP + PITCH, GAP + LINE, 60, 40)  # as the strongest scores are drawn
    for left, top in ((GAP, below), (GAP + PITCH, below), (GAP, below + 40 + SEAM + LINE)):
        assert box(picture, left, top, 60, 40) == dark
        assert len(box(picture, left, top + 40 + SEAM, 60, LINE)) > 1
    assert box(picture, GAP + PITCH, below + 40 + SEAM + LINE, PITCH, 40) == {PAPER}


def test_an_empty_sheet_is_a_small_page() -> None:
    assert sheet_picture(Sheet(title="x", rows=())).size == (GAP, GAP + LINE)
