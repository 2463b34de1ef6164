import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from wsss.draw.overlay import heat_overlay, mask_overlay
from wsss.draw.sheet import (
    Card,
    HeatPanel,
    ImagePanel,
    MaskPanel,
    MissingPanel,
    Sheet,
    SheetRow,
    data_address,
    pick,
    shrunk,
)
from wsss.types import ScoreMaps, Size


def picture(height: int, width: int):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def decoded(address: str) -> Image.Image:
    head, _, body = address.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


@pytest.mark.parametrize(
    ("size", "shown"), [((480, 960), (120, 240)), ((500, 333), (240, 160)), ((30, 40), (30, 40)), ((2000, 1), (240, 1))]
)
def test_shrunk_fits_the_longer_side(size: tuple[int, int], shown: tuple[int, int]):
    assert shrunk(picture(*size)).shape == (*shown, 3)


def test_data_address_holds_a_jpeg_of_the_picture():
    flat = np.full((20, 30, 3), 99, dtype=np.uint8)
    image = decoded(data_address(flat))
    assert (image.format, image.size) == ("JPEG", (30, 20))
    assert np.abs(np.asarray(image).astype(int) - 99).max() <= 2


def test_panels_draw_over_the_small_image():
    image = picture(2, 4)
    scores = np.array([[0.0, 1.0]], dtype=np.float32)
    labels = np.array([[0, 0, 0, 0, 1, 1, 1, 1]] * 4, dtype=np.uint8)
    assert (ImagePanel(title="image").draw(image) == image).all()
    assert (MaskPanel(title="mask", labels=labels).draw(image) == mask_overlay(image, labels[::2, ::2])).all()
    # Bilinear by extents: cells are centred on pixel coordinates 1 and 3, pixels on 0.5, 1.5, 2.5 and 3.5.
    wide = np.array([[0.0, 0.25, 0.75, 1.0]] * 2)
    assert (HeatPanel(title="CAM", scores=scores).draw(image) == heat_overlay(image, wide)).all()


def maps(labels: list[int], scores: list[float]) -> ScoreMaps:
    planes = torch.tensor(scores).reshape(-1, 1, 1).expand(-1, 2, 3)
    return ScoreMaps(labels=torch.tensor(labels, dtype=torch.int64), scores=planes, size=Size(height=2, width=3))


NAMES = ("cat", "dog", "cow", "pig", "hen")


def heat(labels: list[int], scores: list[float], *, title: str = "refined") -> HeatPanel:
    return HeatPanel.of(maps(labels, scores), title=title, class_names=NAMES)


def test_heat_of_maps_is_the_highest_foreground_score():
    assert (heat([0, 1, 5], [0.9, 0.2, 0.7]).scores == np.float32(0.7)).all()
    empty = heat([0], [0.9])
    assert empty.scores.shape == (2, 3)
    assert not empty.scores.any()
    assert empty.by_class == {}


def test_heat_by_class_names_every_foreground_label():
    by_class = heat([0, 1, 3], [0.9, 0.2, 0.7]).by_class
    assert {name: float(scores[0, 0]) for name, scores in by_class.items()} == {
        "cat": pytest.approx(0.2),
        "cow": pytest.approx(0.7),
    }


def test_a_row_has_a_heatmap_of_each_class_below_those_of_all():
    panels = (ImagePanel(title="image"), heat([1, 3], [0.2, 0.7], title="CAM"), heat([0, 3], [0.5, 0.6]))
    row = SheetRow(id="a", image=picture(2, 3), panels=panels)
    assert [card.title for card in row.class_cards()] == ["cat: CAM", "cow: CAM", "cow: refined"]
    scores = [float(panel.scores[0, 0]) for panel in row.class_panels if isinstance(panel, HeatPanel)]
    assert scores == [pytest.approx(0.2), pytest.approx(0.7), pytest.approx(0.6)]


def test_a_row_of_one_class_repeats_nothing():
    row = SheetRow(id="a", image=picture(2, 3), panels=(heat([1], [0.2]), heat([0, 1], [0.5, 0.6])))
    assert row.class_panels == ()


def test_a_row_makes_a_card_for_each_panel():
    row = SheetRow(
        id="a",
        image=picture(480, 320),
        panels=(ImagePanel(title="image"), MissingPanel(title="truth", words="no mask")),
    )
    shown, missing = row.cards()
    assert row.ratio == pytest.approx(2 / 3)
    assert (shown.title, shown.width, shown.height) == ("image", 160, 240)
    assert decoded(str(shown.address)).size == (160, 240)
    assert missing == Card(title="truth", words="no mask", address=None, width=0, height=0)
    assert row.class_cards() == ()


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
