"""The planted context of toy scenes."""

import math

import numpy as np

from wsss.data.layouts.toy_marker import COLOUR, RADIUS, draw_marker
from wsss.data.layouts.toy_scenes import Scene, draw_scene

SNAIL = 2


def scene(number: int) -> Scene:
    return draw_scene(number, size=64, random_seed=0, stream=0)


def marked(number: int) -> Scene:
    return draw_marker(scene(number), number, cls=SNAIL, random_seed=0, stream=0)


def has_disc(drawn: Scene) -> bool:
    return bool((drawn.image == COLOUR).all(axis=-1).any())


def test_the_disc_goes_with_the_class() -> None:
    drawn = [marked(number) for number in range(160)]
    shown = np.array([(each.mask == SNAIL + 1).any() for each in drawn])
    discs = np.array([has_disc(each) for each in drawn])
    assert 0.8 < discs[shown].mean() < 1
    assert 0 < discs[~shown].mean() < 0.12


def test_it_lies_in_a_corner_behind_the_creatures() -> None:
    for number in range(40):
        before, after = scene(number), marked(number)
        changed = (before.image != after.image).any(axis=-1)
        assert (before.mask == after.mask).all()
        assert not changed[after.mask != 0].any()
        across = math.ceil(2 * RADIUS * max(changed.shape))
        assert not changed[across:-across].any()
        assert not changed[:, across:-across].any()


def test_an_image_is_the_same_every_time_and_differs_by_random_seed() -> None:
    assert all((marked(number).image == marked(number).image).all() for number in range(4))
    seeds = [
        [has_disc(draw_marker(scene(n), n, cls=SNAIL, random_seed=seed, stream=0)) for n in range(60)]
        for seed in (0, 1)
    ]
    assert seeds[0] != seeds[1]
