"""Charts of groups: every run is a dot, every curve a line."""

from compared_runs import MASKS

from wsss.apps.compare.charts import group_charts
from wsss.apps.compare.groups import Group


def test_a_chart_for_every_score_and_every_curve(groups: tuple[Group, ...]):
    made = dict(group_charts(groups, [MASKS]))
    assert list(made) == ["scores make_masks train", "thresholds extract_cams train"]
    dots, curves = made.values()
    assert all(f", {score} %: mIoU" in dots for score in ("30.0", "42.0")), "what the pointer shows"
    assert all(group.name in dots and group.name in curves for group in groups)


def test_curves_that_not_all_groups_have_are_left_out(groups: tuple[Group, ...]):
    groups[1].runs[0].curves["extract_cams"].clear()  # type: ignore[attr-defined]
    assert list(dict(group_charts(groups, [MASKS]))) == ["scores make_masks train"]
