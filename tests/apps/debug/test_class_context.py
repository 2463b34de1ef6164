"""Classes held against each other."""

import pytest

from wsss.apps.debug.class_context import compared
from wsss.apps.debug.erase import Erased
from wsss.metrics.counterfactual import Counterfactual


def erased(left: float, *, origin: str = "truth") -> Erased:
    found = Counterfactual(whole=0.9, without_object=0.9 * left, without_context=0.9)
    return Erased(image=0, whole=0.9, origins={origin: {"blur": found, "road": found}}, energy={}, area={})


def test_a_class_is_held_against_the_median_of_the_others():
    found = compared({0: [erased(0.8)] * 8, 1: [erased(0.1)] * 8, 2: [erased(0.3)] * 8})
    assert [(each.cls, each.left) for each in found] == [
        (0, pytest.approx(0.8)),
        (2, pytest.approx(0.3)),
        (1, pytest.approx(0.1)),
    ]
    assert [each.others for each in found] == pytest.approx([0.2, 0.45, 0.55])
    assert [each.stands_out for each in found] == [True, False, False]


def test_few_images_are_not_judged():
    found = compared({0: [erased(0.8)] * 4, 1: [erased(0.1)] * 8})
    assert not found[0].stands_out


def test_true_masks_count_where_there_are_enough():
    both = [erased(0.1)] * 5 + [erased(0.9, origin="run")] * 3
    assert compared({0: both, 1: [erased(0.1)] * 5})[0].origin == "truth"
    assert compared({0: both[4:], 1: [erased(0.1)] * 5})[0].origin == "run"
