"""A score against the values of one option."""

import re

import pytest

from wsss.draw.choices import choice_chart


@pytest.mark.parametrize(
    ("option", "values", "best"),
    [
        ("learning_rate", ["0.001", "0.01", "0.1"], "0.01"),
        ("threshold", ["0.1", "0.2", "0.3"], "0.2"),
        ("cam", ["cam", "fgcam", "cam"], "fgcam"),
        ("random_seed", ["0", "1", "2"], "1"),
    ],
)
def test_every_run_is_a_dot_and_the_best_is_said(option: str, values: list[str], best: str):
    chart = str(choice_chart(values, [0.5, 0.7, 0.6], option=option, objective="evaluate/val/miou"))
    assert f"scores over {option}: highest 70.0 % at {best}" in chart
    assert ">%<" in chart
    assert len(re.findall(r"<use ", chart)) >= 3


def test_evidence_has_no_unit():
    chart = str(choice_chart(["a", "b"], [0.0064, 0.0123], option="cam", objective="choose_threshold/train/evidence"))
    assert "scores over cam: highest 0.0123 at b" in chart
    assert ">evidence<" in chart
    assert ">%<" not in chart


def test_nothing_is_not_drawn():
    with pytest.raises(AssertionError):
        choice_chart([], [], option="cam", objective="evaluate/val/miou")
