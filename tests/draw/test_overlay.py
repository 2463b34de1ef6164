import numpy as np
import pytest

from wsss.draw.label_colours import label_colours
from wsss.draw.overlay import (
    IGNORED_COLOURS,
    LUMA,
    heat_layer,
    heat_overlay,
    mask_layer,
    mask_overlay,
    mask_picture,
    outlines,
)

GROUND, STRIPES = IGNORED_COLOURS


def grey(value: int, shape: tuple[int, int]):
    return np.full((*shape, 3), value, dtype=np.uint8)


def test_heat_overlay_mixes_the_image_with_the_colour_of_the_score():
    drawn = heat_overlay(grey(100, (1, 2)), np.array([[0.0, 1.0]]), weakest=0.5, strongest=0.75)
    # Score 0: half of 100 and half of (0, 0, 4). Score 1: a quarter of 100 and three quarters of (252, 255, 164).
    assert drawn.tolist() == [[[50, 50, 52], [214, 216, 148]]]


def test_heat_overlay_turns_the_image_grey():
    red = np.array([[[200, 0, 0]]], dtype=np.uint8)
    assert heat_overlay(red, np.zeros((1, 1)), weakest=0.0).tolist() == [[[60, 60, 60]]]


def test_heat_overlay_clips_scores():
    image = grey(9, (1, 2))
    inside = heat_overlay(image, np.array([[0.0, 1.0]]))
    assert (heat_overlay(image, np.array([[-3.0, 1.0001]])) == inside).all()


def test_mask_picture_draws_colours_for_every_eye_and_hatches_what_is_ignored():
    drawn = mask_picture(np.array([[0, 1, 2, 15], [255, 255, 255, 255]], dtype=np.uint8))
    assert drawn[0].tolist() == [[0, 0, 0], [230, 159, 0], [86, 180, 233], label_colours()[15].tolist()]
    assert [tuple(pixel) for pixel in drawn[1].tolist()] == [STRIPES, GROUND, GROUND, GROUND]


def test_outlines_lie_left_of_and_above_a_change_but_not_beside_ignored_pixels():
    labels = np.array([[0, 0, 0, 255], [0, 3, 3, 255], [0, 3, 3, 3]], dtype=np.uint8)
    assert outlines(labels).astype(int).tolist() == [[0, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]]


def test_mask_overlay_leaves_the_background_and_outlines_regions_in_white():
    labels = np.array([[0, 0, 1, 1]], dtype=np.uint8)
    drawn = mask_overlay(grey(100, (1, 4)), labels, opacity=0.5)
    assert drawn.tolist() == [[[100, 100, 100], [255, 255, 255], [165, 130, 50], [165, 130, 50]]]


def laid_over(image: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """What a browser shows."""
    opacity = layer[:, :, 3:] / 255
    return image * (1 - opacity) + layer[:, :, :3] * opacity


def test_layers_over_a_photograph_look_as_the_overlays_do():
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    labels = random.choice([0, 1, 2, 255], (6, 8)).astype(np.uint8)
    scores = random.random((6, 8))
    assert np.abs(laid_over(image, mask_layer(labels)) - mask_overlay(image, labels)).max() <= 1
    dull = np.repeat(np.rint(image @ np.array(LUMA))[:, :, None], 3, axis=2)
    assert np.abs(laid_over(dull, heat_layer(scores)) - heat_overlay(image, scores)).max() <= 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (7, 3)])
def test_drawing_works_at_any_size_and_leaves_its_inputs_alone(shape: tuple[int, int]):
    image, labels, scores = grey(7, shape), np.full(shape, 255, dtype=np.uint8), np.ones(shape)
    for drawn in (heat_overlay(image, scores), mask_overlay(image, labels), mask_picture(labels)):
        assert drawn.shape == (*shape, 3)
        assert drawn.dtype == np.uint8
    assert (image == 7).all()
    assert (labels == 255).all()
