"""Toy scenes: what a classifier can learn from them, and what refinement has to add, is as promised."""

import numpy as np
import pytest
from scipy.ndimage import label

from wsss.data.layouts.toy_outlines import SHELL
from wsss.data.layouts.toy_scenes import TOY_CLASSES, Creature, Scene, draw_scene
from wsss.labels import IGNORE
from wsss.types import Size


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(number, size=64, random_seed=0, stream=0) for number in range(45)]


def test_shapes_and_types(scenes: list[Scene]):
    for scene in scenes:
        assert scene.image.shape == (*scene.mask.shape, 3)
        assert scene.image.dtype == scene.mask.dtype == np.uint8


def test_every_ninth_scene_is_empty_and_no_other(scenes: list[Scene]):
    assert [number for number, scene in enumerate(scenes) if not scene.mask.any()] == [8, 17, 26, 35, 44]


def test_first_class_takes_turns(scenes: list[Scene]):
    for number, scene in enumerate(scenes):
        if scene.mask.any():
            assert number % len(TOY_CLASSES) + 1 in scene.mask


def test_borders_are_ignored(scenes: list[Scene]):
    for scene in scenes:
        above, below = scene.mask[:-1], scene.mask[1:]
        assert ((above == below) | (above == IGNORE) | (below == IGNORE)).all()
        for rows in (scene.mask, scene.mask.T):
            before, rim, after = rows[:-2], rows[1:-1], rows[2:]
            narrow = (rim == IGNORE) & (before != IGNORE) & (after != IGNORE) & (before != after)
            assert not narrow.any(), "both sides of a border are ignored"
        if scene.mask.any():
            assert 0.01 < (scene.mask == IGNORE).mean() < 0.3


def test_bodies_stand_out_from_the_ground(scenes: list[Scene]):
    for scene in scenes:
        creature = (scene.mask != 0) & (scene.mask != IGNORE)
        if creature.any():
            body = np.median(scene.image[creature], axis=0)
            ground = np.median(scene.image[scene.mask == 0], axis=0)
            assert np.abs(body - ground).sum() > 25


def test_ground_colours_tell_no_class():
    """Grounds of one class' scenes are as far from each other as from those of another."""
    scenes = [draw_scene(number, size=32, random_seed=0, stream=0) for number in range(60)]
    grounds = np.array([scene.image[scene.mask == 0].mean(axis=0) for scene in scenes])
    first = np.arange(60) % len(TOY_CLASSES)
    means = np.array([grounds[first == c].mean(axis=0) for c in range(len(TOY_CLASSES))])
    assert (means.std(axis=0) < 0.6 * grounds.std(axis=0)).all()  # 1 / sqrt(15) = 0.26 is expected


def test_points_of_a_creature_are_placed_in_the_image():
    creature = Creature(cls=0, length=10, x=20, y=30, angle=np.pi / 2, mirrored=False)
    tip = np.array([[0.5, 0.0], [0.0, 0.2]])
    assert creature.place(tip) == pytest.approx(np.array([[20, 35], [18, 30]]))
    mirrored = Creature(cls=0, length=10, x=20, y=30, angle=0, mirrored=True)
    assert mirrored.place(tip) == pytest.approx(np.array([[15, 30], [20, 32]]))
    assert mirrored.moved(1, 2).place(tip) == pytest.approx(np.array([[16, 32], [21, 34]]))


def test_window_is_cut_at_the_image():
    creature = Creature(cls=0, length=10, x=2, y=30, angle=0, mirrored=False)
    assert creature.window(Size(height=33, width=40)) == (slice(23, 33), slice(0, 8))


def test_creatures_are_large_and_their_shell_is_less_than_half_of_them(scenes: list[Scene]):
    """A creature alone in its scene; tail to head it measures about its length, 1 in the units of the shell."""
    alone = [scene.mask != 0 for scene in scenes if label(scene.mask != 0)[1] == 1]
    assert len(alone) > 10
    for creature in alone:
        length = int(np.ptp(np.flatnonzero(creature.any(axis=0)))) + 1
        assert 0.35 * 64 < length < 0.8 * 64
        assert np.pi * (SHELL[2] * length) ** 2 < 0.45 * creature.sum()
