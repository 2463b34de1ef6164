"""Panels: pictures of maps and masks, drawn over a photograph and as layers of one."""

import numpy as np
import pytest
import torch

from wsss.draw.overlay import heat_layer, heat_overlay, mask_layer, mask_overlay
from wsss.draw.panels import HeatPanel, ImagePanel, MaskPanel, MissingPanel, PicturePanel, shrunk
from wsss.types import ScoreMaps, Size


def picture(height: int, width: int):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


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


def test_another_picture_covers_the_photograph():
    other = picture(480, 960)
    assert (PicturePanel(title="erased", picture=picture(2, 4)).draw(picture(2, 4)) == picture(2, 4)).all()
    assert PicturePanel(title="erased", picture=other).draw(picture(120, 240)).shape == (120, 240, 3)
    layer = PicturePanel(title="erased", picture=other).layer((240, 120))
    assert layer.shape == (120, 240, 4)
    assert (layer[..., 3] == 255).all()
    assert (layer[..., :3] == shrunk(other, side=240)).all()


@pytest.mark.parametrize(
    ("size", "shown"), [((480, 960), (120, 240)), ((500, 333), (240, 160)), ((30, 40), (30, 40)), ((2000, 1), (240, 1))]
)
def test_shrunk_fits_the_longer_side(size: tuple[int, int], shown: tuple[int, int]):
    assert shrunk(picture(*size)).shape == (*shown, 3)


def test_layers_are_as_dense_as_the_photograph_at_most():
    scores = np.array([[0.0, 1.0]], dtype=np.float32)
    labels = np.array([[0, 0, 1, 1]] * 4, dtype=np.uint8)
    assert (HeatPanel(title="CAM", scores=scores).layer((4, 2)) == heat_layer(scores)).all()
    assert HeatPanel(title="CAM", scores=np.zeros((9, 9), np.float32)).layer((4, 2)).shape == (2, 4, 4)
    assert (MaskPanel(title="mask", labels=labels).layer((2, 2)) == mask_layer(labels[::2, ::2])).all()
    assert ImagePanel(title="image").layer((2, 2)) is None
    assert MissingPanel(title="mask").layer((2, 2)) is None
