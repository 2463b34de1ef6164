from dataclasses import replace

import pytest
import torch
from builders import score_maps

from wsss.masks import Argmax
from wsss.refine import ConstantBackground, PowerBackground
from wsss.refine.background import BackgroundRule

SCORES = [[[0.0, 0.5], [0.9, 0.2]], [[0.0, 0.75], [0.1, 0.2]]]


def test_constant_by_hand():
    maps = ConstantBackground(threshold=0.25).apply(score_maps([2, 5], SCORES))
    assert maps.labels.tolist() == [0, 2, 5]
    assert maps.scores[0].tolist() == [[0.25, 0.25], [0.25, 0.25]]
    assert torch.equal(maps.scores[1:], torch.tensor(SCORES))
    assert Argmax()(maps).tolist() == [[0, 5], [2, 0]]


def test_power_by_hand():
    maps = PowerBackground(exponent=2).apply(score_maps([2, 5], SCORES))
    assert maps.labels.tolist() == [0, 2, 5]
    # One minus the strongest score (0, 0.75 above; 0.9, 0.2 below), squared.
    assert maps.scores[0].flatten().tolist() == pytest.approx([1.0, 0.0625, 0.01, 0.64], abs=1e-6)


def test_the_ends_of_the_threshold():
    maps = score_maps([1], [[[0.0, 1e-6, 0.5, 1.0]]])
    assert Argmax()(ConstantBackground(threshold=1.0).apply(maps)).tolist() == [[0, 0, 0, 0]]
    assert Argmax()(ConstantBackground(threshold=0.0).apply(maps)).tolist() == [[0, 1, 1, 1]]


def test_a_larger_exponent_means_less_background():
    maps = score_maps([1], [[[0.1, 0.3, 0.6, 0.9]]])
    low, high = (PowerBackground(exponent=e).apply(maps).scores[0] for e in (4, 32))
    assert (high < low).all()


def test_rounding_beyond_one_is_no_nan():
    maps = PowerBackground(exponent=2.5).apply(score_maps([1], [[[1 + 1e-6]]]))
    assert maps.scores[0].item() == 0


@pytest.mark.parametrize("rule", [ConstantBackground(), PowerBackground()])
def test_stays_at_the_resolution_of_the_maps(rule: BackgroundRule):
    maps = rule.apply(score_maps([4], torch.rand(1, 3, 5), size=(10, 17)))
    assert maps.scores.shape == (2, 3, 5)


@pytest.mark.parametrize("rule", [ConstantBackground(), PowerBackground()])
def test_a_second_background_is_refused(rule: BackgroundRule):
    with pytest.raises(ValueError, match="keep one background rule in `refine`"):
        rule.apply(rule.apply(score_maps([2, 5], SCORES)))


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_is_refused(threshold: float):
    with pytest.raises(ValueError, match="threshold must lie in"):
        ConstantBackground(threshold=threshold)


@pytest.mark.parametrize("exponent", [0, -1.0])
def test_an_exponent_that_is_not_positive_is_refused(exponent: float):
    with pytest.raises(ValueError, match="exponent must be positive"):
        PowerBackground(exponent=exponent)


def test_peaks_are_left_out_where_a_row_is_added():
    maps = replace(score_maps([1], [[[0.5]]]), peaks=torch.tensor([3.0]))
    assert ConstantBackground().apply(maps).peaks is None


def test_rules_are_stricter_the_more_background_they_draw():
    strongest = torch.linspace(0.05, 0.95, 10).reshape(1, 10)
    for rules in (
        [PowerBackground(exponent=exponent) for exponent in (16.0, 4.0, 1.0)],
        [ConstantBackground(threshold=threshold) for threshold in (0.1, 0.3, 0.6)],
    ):
        drawn = [float(rule.background(strongest).sum()) for rule in rules]
        assert drawn == sorted(drawn)
        stricter = [rule.strictness for rule in rules]
        assert stricter == sorted(stricter)
