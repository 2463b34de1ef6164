"""Learning rates that fall."""

import pytest

from wsss.training.schedule import poly


def test_poly_by_hand():
    assert poly(0, steps=10, power=0.9) == 1
    assert poly(5, steps=10, power=1.0) == 0.5
    assert poly(5, steps=10, power=2.0) == 0.25
    assert poly(9, steps=10, power=0.9) == pytest.approx(0.1258925)  # 0.1^0.9
    assert poly(10, steps=10, power=0.9) == 0
    assert poly(11, steps=10, power=0.9) == 0
