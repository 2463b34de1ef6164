"""The chart of groups."""

import pytest

from wsss.draw.dots import Dots, dots_chart


def test_dots_are_where_the_scores_are_and_say_so():
    rows = [
        Dots(name="plain", values=[0.25, 0.75], mean=0.5, low=0.2, high=0.8),
        Dots(name="jitter", values=[0.5], mean=0.5, low=0.4, high=0.6),
    ]
    chart = str(dots_chart(rows, title="make_masks on val"))
    assert "<title>make_masks on val, mean mIoU: plain 50.0 %; jitter 50.0 %</title>" in chart
    assert [f"plain, {share} %: mIoU" in chart for share in ("25.0", "75.0")] == [True, True]
    assert "jitter, 50.0 %: mIoU" in chart


def test_nothing_is_not_drawn():
    with pytest.raises(AssertionError, match="nothing to draw"):
        dots_chart([], title="")
