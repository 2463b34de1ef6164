import math

import numpy as np

from wsss.draw.series import LogRow, Series, series, smooth, thinned


def test_series_sorts_by_step_and_lets_the_later_row_of_a_step_count():
    rows = [LogRow(step=step, name="a", value=value) for step, value in ((2, 1.0), (1, 5.0), (2, 3.0), (4, math.inf))]
    (only,) = series(rows)
    assert only.steps.tolist() == [1, 2, 4]
    np.testing.assert_equal(only.values, [5.0, 3.0, math.nan])


def test_series_keeps_names_in_order_and_drops_the_epoch_twin_of_a_step_series():
    names = ["val/loss_epoch", "train/loss_step", "train/loss_epoch", "lr"]
    found = series(LogRow(step=0, name=name, value=1.0) for name in names)
    assert [each.name for each in found] == ["val/loss_epoch", "train/loss_step", "lr"]


def test_smooth_takes_fewer_values_at_the_ends():
    assert smooth(np.array([1.0, 2.0, 6.0, 4.0]), reach=1).tolist() == [1.5, 3.0, 4.0, 5.0]
    assert smooth(np.array([1.0, 2.0]), reach=0).tolist() == [1.0, 2.0]


def test_smooth_does_not_hide_a_nan():
    np.testing.assert_equal(smooth(np.array([1.0, math.nan, 1.0, 1.0]), reach=1), [math.nan] * 3 + [1.0])


def test_thinned_keeps_the_first_and_the_last_point():
    points = Series(name="a", steps=np.arange(10.0), values=np.arange(10.0) ** 2)
    assert thinned(points, limit=4).steps.tolist() == [0, 3, 6, 9]
    assert thinned(points, limit=3).steps.tolist() == [0, 4, 8, 9]
    assert thinned(points, limit=99).values.tolist() == points.values.tolist()
