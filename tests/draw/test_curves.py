import math
import re
from xml.etree import ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest

from wsss.draw.curves import POINTS, WIDTH, threshold_curve, training_curves
from wsss.draw.grid import font
from wsss.draw.series import LogRow

SVG = "{http://www.w3.org/2000/svg}"


def summary(svg: str) -> str | None:
    return ET.fromstring(svg).findtext(f"{SVG}title")


def texts(svg: str) -> list[str | None]:
    return [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]


def hints(svg: str) -> list[str | None]:
    return [circle.findtext(f"{SVG}title") for circle in ET.fromstring(svg).iter(f"{SVG}circle")]


def rows(name: str, values: list[float]) -> list[LogRow]:
    return [LogRow(step=10 * k, name=name, value=value) for k, value in enumerate(values)]


def test_threshold_curve_marks_the_best_as_an_oracle_and_the_configured_one():
    svg = threshold_curve([0.0, 0.2, 0.4], [0.1, 0.363, 0.3], used=(0.3, "configured"))
    # Half way between 36.3 and 30.0.
    best, configured = "oracle (uses masks): 36.3 % at 0.2", "configured: 33.1 % at 0.3"
    assert summary(svg) == f"mIoU over the background threshold; {configured}; {best}"
    assert {best, configured} <= set(texts(svg))
    assert hints(svg) == ["0: 10.0 %", "0.2: 36.3 %", "0.4: 30.0 %"]


def test_threshold_curve_without_a_configured_threshold_or_a_single_score():
    svg = threshold_curve([0.0, 0.5], [math.nan, math.nan])
    assert summary(svg) == "mIoU over the background threshold"
    assert hints(svg) == []
    assert summary(threshold_curve([0.1], [0.2])) is not None


def test_the_first_of_two_equal_thresholds_is_the_best():
    assert "at 0.1" in str(summary(threshold_curve([0.1, 0.2], [0.5, 0.5])))


@pytest.mark.parametrize("place", [0.0, 0.2, 0.4, 0.48, 0.51, 0.6, 1.0])
def test_words_of_a_threshold_lie_within_the_figure(place: float):
    svg = threshold_curve([0.0, place, 1.0], [0.0, 0.999, 0.0], used=(place, "chosen without any masks at all"))
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        if text.text and ":" in text.text:
            x, length = float(text.attrib["x"]), font(9).getlength(text.text)
            begin = x - length if "text-anchor: end" in text.attrib["style"] else x
            assert begin > -1
            assert begin + length < 72 * WIDTH + 1


def placed(svg: str, words: str) -> tuple[float, float]:
    """The first and the last point across of some words."""
    (text,) = [each for each in ET.fromstring(svg).iter(f"{SVG}text") if each.text and each.text.startswith(words)]
    assert text.text is not None
    x, length = float(text.attrib["x"]), font(9).getlength(text.text)
    return (x - length, x) if "text-anchor: end" in text.attrib["style"] else (x, x + length)


def test_words_of_the_best_threshold_lie_beside_those_of_the_ticks():
    svg = threshold_curve([0.0, 0.53, 1.0], [0.1, 0.387, 0.05])
    (left, _), (_, ticks) = placed(svg, "oracle"), placed(svg, "40")
    assert left > ticks


def test_words_of_the_used_threshold_lie_under_the_curve_where_it_is_high():
    thresholds = [0.01 * step for step in range(100)]
    miou = [0.04 + 0.41 * math.exp(-(((x - 0.32) / 0.25) ** 2)) for x in thresholds]
    left, right = placed(threshold_curve(thresholds, miou, used=(0.34, "chosen without masks")), "chosen")
    first, last = 0.085 * 72 * WIDTH, 0.955 * 72 * WIDTH
    at = [first + (last - first) * x / thresholds[-1] for x in thresholds]
    assert min(y for x, y in zip(at, miou, strict=True) if left <= x <= right) > 0.045, "words at the foot end at 0.04"
    assert left < at[34] < right


def test_training_curves_have_a_panel_for_losses_and_one_for_scores():
    svg = training_curves(
        [*rows("train/loss", [1.0, 0.5]), *rows("val/map", [0.25, 0.81]), *rows("lr-SGD", [0.1, 0.1])]
    )
    assert {"loss", "score, %", "train/loss", "val/map", "step"} <= set(texts(svg))
    assert "lr-SGD" not in texts(svg)
    assert {"val/map, step 10: 81.0 %", "train/loss, step 10: 0.5"} <= set(hints(svg))


@pytest.mark.parametrize(
    ("name", "panel", "other"), [("loss_cam", "loss", "score, %"), ("val_mIoU", "score, %", "loss")]
)
def test_a_panel_without_rows_is_left_out(name: str, panel: str, other: str):
    found = texts(training_curves(rows(name, [0.3, 0.2])))
    assert panel in found
    assert other not in found


@pytest.mark.parametrize("others", [[], rows("lr", [1.0]), rows("bitmap", [1.0])])
def test_nothing_to_draw_is_said(others: list[LogRow]):
    assert texts(training_curves(others)) == ["neither a loss nor a score was logged"]


def test_a_loss_that_diverged_is_drawn_as_far_as_it_goes():
    svg = training_curves(rows("train/loss", [1.0, 2.0, math.inf, math.nan]))
    assert hints(svg) == ["train/loss, step 0: 1", "train/loss, step 10: 2"]


def test_a_long_training_makes_a_small_chart():
    noise = np.random.default_rng(0).random(20_000).tolist()
    svg = training_curves(rows("train/loss", noise))
    assert len(svg) < 40_000
    longest = max(re.findall(r' d="([^"]*)"', svg), key=len)
    assert longest.count("L") <= POINTS + 1


def test_pyplot_knows_of_no_figure():
    threshold_curve([0.0, 0.2], [0.1, 0.2])
    assert plt.get_fignums() == []
