"""The pointing game, the energy in a mask and PxAP by hand, and against loops."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor

from wsss.metrics.localisation import PixelCurve, energy_inside, pointing_hit


def peak(row: int, column: int, *, side: int = 40) -> Tensor:
    heat = torch.zeros(side, side)
    heat[row, column] = 1
    return heat


def dot(row: int, column: int, *, side: int = 40) -> Tensor:
    return peak(row, column, side=side).bool()


@pytest.mark.parametrize(
    ("place", "hit"),
    [((20, 20), True), ((20, 34), True), ((20, 35), False), ((29, 31), True), ((30, 32), False), ((31, 31), False)],
)
def test_the_pointing_game_forgives_less_than_15_pixels(place: tuple[int, int], hit: bool):
    """20 + 14 and (9, 11) are nearer than 15; 20 + 15, (10, 12) and (11, 11) are not: 244 and 242 are above 225."""
    assert pointing_hit(peak(*place), dot(20, 20)) is hit


@pytest.mark.parametrize("shape", [(3, 7), (7, 3)])
def test_the_brightest_pixel_is_found_in_a_map_of_any_shape(shape: tuple[int, int]):
    for place in np.ndindex(*shape):
        heat = torch.zeros(shape)
        heat[place] = 1
        assert pointing_hit(heat, heat.bool(), tolerance=0)


def test_without_tolerance_only_the_object_counts():
    assert pointing_hit(peak(3, 3), dot(3, 3), tolerance=0)
    assert not pointing_hit(peak(3, 3), dot(3, 4), tolerance=0)


def test_a_constant_map_points_nowhere():
    assert not pointing_hit(torch.ones(4, 4), torch.ones(4, 4, dtype=torch.bool))


def test_a_uniform_maps_energy_is_the_objects_share_of_the_image():
    target = torch.zeros(4, 4, dtype=torch.bool)
    target[1:3, :3] = True
    assert energy_inside(torch.full((4, 4), 0.7), target) == pytest.approx(6 / 16)


def test_energy_by_hand():
    heat = torch.tensor([[0.5, 0.25], [0.25, 1.0]])
    target = torch.tensor([[True, False], [True, False]])
    counted = torch.tensor([[True, True], [True, False]])
    assert energy_inside(heat, target) == 0.375
    assert energy_inside(heat, target, counted=counted) == 0.75
    assert energy_inside(torch.zeros(2, 2), target) == 0


def test_pxap_by_hand():
    heat = torch.tensor([[0.9, 0.8], [0.7, 0.6]])
    target = torch.tensor([[True, False], [True, False]])
    # Found first and third: half of the recall with a precision of 1, half with 2/3.
    assert PixelCurve.of(heat, target).pxap == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_the_lowest_threshold_parts_what_it_should():
    heat = torch.tensor([[0.0005, 0.0015], [0.0015, 0.0005]])
    target = torch.tensor([[False, True], [True, False]])
    assert PixelCurve.of(heat, target).pxap == 1


@pytest.mark.parametrize("seed", range(5))
def test_pxap_is_the_loop_and_scikit_learns(seed: int):
    rng = np.random.default_rng(seed)
    heat, target = rng.random((16, 12)).astype(np.float32), rng.random((16, 12)) < 0.3
    found = PixelCurve.of(torch.from_numpy(heat), torch.from_numpy(target)).pxap
    assert found == pytest.approx(pxap([heat], [target]), abs=1e-12)
    below = np.floor(heat.astype(np.float64) * 1000)
    assert found == pytest.approx(average_precision_score(target.ravel(), below.ravel()), abs=1e-12)


def pxap(heats: list[np.ndarray], targets: list[np.ndarray]) -> float:
    """Threshold by threshold, from the highest."""
    total, before = 0.0, 0.0
    for threshold in [1.0, *np.arange(0, 1, 0.001)[::-1]]:
        passed = [heat.astype(np.float64) >= threshold for heat in heats]
        hits = sum(int((p & t).sum()) for p, t in zip(passed, targets, strict=True))
        every = sum(int(p.sum()) for p in passed)
        recall = hits / sum(int(t.sum()) for t in targets)
        total += (recall - before) * (hits / every if every else 0.0)
        before = recall
    return total


def test_pixels_of_several_images_are_pooled():
    rng = np.random.default_rng(0)
    heats, targets = rng.random((2, 8, 8)).astype(np.float32), rng.random((2, 8, 8)) < (0.1, 0.6)[0]
    targets[1] |= rng.random((8, 8)) < 0.6
    one, other = (PixelCurve.of(torch.from_numpy(h), torch.from_numpy(t)) for h, t in zip(heats, targets, strict=True))
    assert (one + other).pxap == pytest.approx(pxap(list(heats), list(targets)), abs=1e-12)
    assert (one + other).pxap != pytest.approx((one.pxap + other.pxap) / 2, abs=1e-3)


def test_a_perfect_map_and_ignored_pixels():
    target = torch.zeros(4, 4, dtype=torch.bool)
    target[:2] = True
    assert PixelCurve.of(target.float(), target).pxap == 1
    wrong = target.float()
    wrong[3] = 1.0
    assert PixelCurve.of(wrong, target).pxap == pytest.approx(2 / 3)
    counted = torch.ones(4, 4, dtype=torch.bool)
    counted[3] = False
    assert PixelCurve.of(wrong, target, counted=counted).pxap == 1


def test_a_uniform_map_has_the_objects_share():
    target = torch.zeros(4, 4, dtype=torch.bool)
    target[0] = True
    assert PixelCurve.of(torch.full((4, 4), 0.5), target).pxap == 0.25


def test_without_an_object_there_is_no_precision():
    assert math.isnan(PixelCurve.of(torch.rand(4, 4), torch.zeros(4, 4, dtype=torch.bool)).pxap)
