"""The context radius by hand, and against a loop."""

import numpy as np
import pytest

from wsss.metrics.context import context_radius


def test_by_hand():
    heat = np.zeros((5, 9))
    pixels = np.zeros((5, 9), dtype=bool)
    pixels[2, 0] = True
    heat[2, 0], heat[2, 3], heat[2, 8] = 2, 1, 1
    assert context_radius(heat, pixels) == 0
    assert context_radius(heat, pixels, share=0.75) == 3
    assert context_radius(heat, pixels, share=1) == 8


def test_against_a_loop():
    rng = np.random.default_rng(0)
    heat, pixels = rng.random((12, 15)), rng.random((12, 15)) > 0.97
    places = np.argwhere(pixels)
    distance = np.array([[np.hypot(*(places - (r, c)).T).min() for c in range(15)] for r in range(12)])
    radii = np.unique(distance)
    inside = [heat[distance <= radius].sum() for radius in radii]
    expected = radii[next(place for place, energy in enumerate(inside) if energy >= 0.5 * heat.sum())]
    assert context_radius(heat, pixels) == pytest.approx(expected)


def test_an_empty_map_has_none():
    assert context_radius(np.zeros((3, 3)), np.ones((3, 3), dtype=bool)) is None
    assert context_radius(np.ones((3, 3)), np.zeros((3, 3), dtype=bool)) is None
