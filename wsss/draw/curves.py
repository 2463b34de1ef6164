"""The charts of a report: how mIoU depends on the background threshold, and how a training went."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MaxNLocator

from wsss.draw.numbers import ORACLE, percent
from wsss.draw.series import LogRow, Series, series, smooth, thinned
from wsss.draw.svg import INK, SERIES, STYLE, to_svg

POINTS: Final = 300
"""About as many points as a chart has room for; a longer curve is thinned to them."""

LOGGED: Final[dict[str, Any]] = {"marker": "o", "markersize": 3, "clip_on": False, "picker": True}
"""Style of a line of which every point counts."""

WIDTH: Final = 4.2
HEIGHT: Final = 2.9
"""Size of a chart in inches of 72 points; a page scales it."""
UP: Final = 4
"""Points between the foot of a chart and words on it."""
Curve = tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]
"""Places across, and heights."""


def threshold_curve(
    thresholds: Sequence[float], miou: Sequence[float], *, used: tuple[float, str] | None = None
) -> Markup:
    """Draw mIoU (fractions, nan where there is none) over increasing background thresholds.

    The best threshold is marked as an oracle, since masks were needed to find it; `used` is the run's own, with a
    word on where it comes from.
    """
    assert len(thresholds) == len(miou) > 0, f"{len(thresholds)} thresholds for {len(miou)} scores"
    x, y = np.array(thresholds, dtype=float), np.array(miou, dtype=float)
    summary = ["mIoU over the background threshold"]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_axes((0.085, 0.4 / HEIGHT, 0.87, 1 - 0.6 / HEIGHT))
        axes.plot(x, y, color=SERIES[0], clip_on=False, picker=True)
        axes.fmt_xdata = "{:g}".format
        axes.set(title="mIoU, %", xlabel="background threshold", xlim=(x[0], x[-1] if len(x) > 1 else None))
        _in_percent(axes, values=y)
        if used is not None:
            summary.append(_mark_used(axes, used[0], origin=used[1], curve=(x, y)))
        if not np.isnan(y).all():
            summary.append(_mark_best(axes, float(x[np.nanargmax(y)]), value=float(np.nanmax(y))))
        return to_svg(figure, summary="; ".join(summary))


def threshold_curves(curves: Mapping[str, Sequence[tuple[Sequence[float], Sequence[float]]]]) -> Markup:
    """Draw mIoU over the background threshold for several groups, each run a line: `{name: [(thresholds, mIoUs)]}`."""
    assert any(curves.values()), "nothing to draw"
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_axes((0.085, 0.4 / HEIGHT, 0.87, 1 - 0.6 / HEIGHT))
        axes.fmt_xdata = "{:g}".format
        drawn = [np.array(miou, dtype=float) for lines in curves.values() for _, miou in lines]
        for (name, lines), colour in zip(curves.items(), cycle(SERIES), strict=False):
            for place, (thresholds, miou) in enumerate(lines):
                label = name if place == 0 else f"_{name}"
                axes.plot(thresholds, miou, color=colour, label=label, linewidth=1.0, clip_on=False, picker=True)
        axes.set(title="mIoU, %", xlabel="background threshold")
        _in_percent(axes, values=np.concatenate(drawn))
        axes.legend(loc="upper right")
        return to_svg(figure, summary=f"mIoU over the background threshold: {', '.join(curves)}")


def _mark_best(axes: Axes, threshold: float, *, value: float) -> str:
    words = f"{ORACLE}: {_worded_share(value)} at {threshold:g}"
    axes.plot(threshold, value, color=SERIES[0], marker="o", markersize=5, clip_on=False)
    _annotate(axes, threshold, words=words, height=value, up=7)
    return words


def _mark_used(axes: Axes, threshold: float, *, origin: str, curve: Curve) -> str:
    value = float(np.interp(threshold, *curve))
    words = f"{origin}: {_worded_share(value)} at {threshold:g}"
    text = _annotate(axes, threshold, words=words, height=0.0, up=UP)
    _off_curve(axes, text, curve=curve)
    box = text.get_window_extent().transformed(axes.transData.inverted())
    crossed = box.x0 < threshold < box.x1
    top = 0 if np.isnan(value) else value
    axes.vlines(threshold, min(box.y1, top) if crossed else 0, top, color=INK, linewidth=0.8, linestyle=(0, (3, 2)))
    return words


def _annotate(axes: Axes, x: float, *, words: str, height: float, up: int) -> Annotation:
    """Write beside a vertical position, on the side with more room, within the figure and beside the ticks' words."""
    left, right = axes.get_xlim()
    on_right = x < (left + right) / 2
    across = 5 if on_right else -5
    side = "left" if on_right else "right"
    text = axes.annotate(words, (x, height), xytext=(across, up), textcoords="offset points", ha=side, color=INK)
    _within(axes, text)
    return text


def _within(axes: Axes, text: Annotation) -> None:
    box, across = text.get_window_extent(), text.xyann[0]
    text.xyann = across + max(0.0, axes.bbox.x0 - box.x0) - max(0.0, box.x1 - 72 * WIDTH), text.xyann[1]


def _off_curve(axes: Axes, text: Annotation, *, curve: Curve) -> None:
    """Move words at the foot of a chart to the nearest place where the curve is above them, if there is one."""
    points = axes.transData.transform(np.stack(curve, axis=1))
    points = points[~np.isnan(points).any(axis=1)]
    box = text.get_window_extent()
    shifts = np.arange(axes.bbox.x0 - box.x0, 72 * WIDTH - box.x1)
    for shift in sorted(shifts.tolist(), key=abs):
        under = points[(points[:, 0] >= box.x0 + shift - 2) & (points[:, 0] <= box.x1 + shift + 2), 1]
        if under.min(initial=np.inf) > box.y1 + 2:
            text.xyann = text.xyann[0] + shift, text.xyann[1]
            return


def training_curves(rows: Iterable[LogRow]) -> Markup:
    """Draw losses above and scores (mAP, mIoU) below, over optimiser steps; other rows are left out.

    A name with the word `loss` is a loss, one with `map` or `miou` a score in [0, 1]. Training losses are smoothed over
    a twentieth of the run, with the raw values faint behind; validation is drawn as it was logged.
    """
    named = series(rows)
    losses = [each for each in named if "loss" in _words(each.name)]
    scores = [each for each in named if {"map", "miou"} & _words(each.name)]
    drawn = [(panel, draw) for panel, draw in ((losses, _draw_losses), (scores, _draw_scores)) if panel]
    with mpl.rc_context(STYLE):
        if not drawn:
            return _empty("neither a loss nor a score was logged")
        figure = Figure(figsize=(WIDTH, HEIGHT))
        panels = figure.subplots(len(drawn), sharex=True, squeeze=False)[:, 0]
        figure.subplots_adjust(left=0.085, right=0.955, top=1 - 0.2 / HEIGHT, bottom=0.4 / HEIGHT, hspace=0.25)
        for axes, (panel, draw) in zip(panels, drawn, strict=True):
            axes.fmt_xdata = "step {:g}".format
            draw(axes, panel)
        panels[-1].set_xlabel("step")
        panels[-1].xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        return to_svg(figure, summary="loss and scores by training step")


def _draw_losses(axes: Axes, losses: Sequence[Series]) -> None:
    for loss, colour in zip(losses, cycle(SERIES), strict=False):
        if _words(loss.name) & {"val", "valid", "validation"} or _reach(loss) == 0:
            _plot_logged(axes, loss, colour=colour)
        else:
            _plot_smoothed(axes, loss, colour=colour)
    axes.fmt_ydata = "{:.4g}".format
    axes.set_title("loss")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.legend(loc="upper right")


def _draw_scores(axes: Axes, scores: Sequence[Series]) -> None:
    for score, colour in zip(scores, cycle(SERIES), strict=False):
        _plot_logged(axes, score, colour=colour)
    axes.set_title("score, %")
    _in_percent(axes, values=np.concatenate([score.values for score in scores]))
    axes.legend(loc="lower right")


def _plot_smoothed(axes: Axes, points: Series, *, colour: str) -> None:
    means = Series(name=points.name, steps=points.steps, values=smooth(points.values, reach=_reach(points)))
    raw, kept = thinned(points, limit=POINTS), thinned(means, limit=POINTS)
    axes.plot(raw.steps, raw.values, color=colour, alpha=0.3, linewidth=0.6)
    axes.plot(kept.steps, kept.values, color=colour, label=points.name)


def _reach(points: Series) -> int:
    """Return how many values to either side make a twentieth of the series together."""
    return len(points.values) // 40


def _plot_logged(axes: Axes, points: Series, *, colour: str) -> None:
    axes.plot(points.steps, points.values, color=colour, label=points.name, **LOGGED)


def _in_percent(axes: Axes, *, values: Float[np.ndarray, " n"]) -> None:
    """Let a vertical axis of fractions start at 0, end above the highest and speak of per cent."""
    highest = 1.0 if np.isnan(values).all() else float(np.nanmax(values))
    axes.set_ylim(0, max(0.05, 1.2 * highest))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
    axes.fmt_ydata = _worded_share


def _empty(words: str) -> Markup:
    figure = Figure(figsize=(WIDTH, 0.8))
    figure.text(0.5, 0.5, words, ha="center", va="center", color=INK)
    return to_svg(figure, summary=words)


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", name.lower()))


def _worded_share(fraction: float) -> str:
    return f"{percent(fraction)} %"
