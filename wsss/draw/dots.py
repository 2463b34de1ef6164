"""Groups of runs in one chart: a dot a run, and the mean with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from wsss.draw.numbers import percent
from wsss.draw.svg import INK, SERIES, STYLE, to_svg

WIDTH: Final = 6.0
ROW: Final = 0.35
FRAME: Final = 0.75
"""Inches: width, height of a row, and what title and axis take."""


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Scores of a group's runs, fractions, and the interval of their mean."""

    name: str
    values: Sequence[float]
    mean: float
    low: float
    high: float


def dots_chart(rows: Sequence[Dots], *, title: str) -> Markup:
    """Draw a row a group, the first on top."""
    assert rows, "nothing to draw"
    height = FRAME + ROW * len(rows)
    with mpl.rc_context({**STYLE, "axes.grid.axis": "x"}):
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.subplots()
        axes.fmt_xdata = lambda value: f"{percent(value)} %"
        axes.fmt_ydata = lambda _: "mIoU"
        for place, (row, colour) in enumerate(zip(rows, cycle(SERIES), strict=False)):
            axes.plot((row.low, row.high), (place, place), color=INK, linewidth=1.0)
            axes.plot(row.mean, place, color=INK, marker="|", markersize=9)
            axes.plot(
                row.values, [place] * len(row.values), "o", color=colour, markersize=4, label=row.name, picker=True
            )
        figure.suptitle(f"{title}: mIoU, % (runs; mean, 95 % interval)", x=0.01, y=1 - 0.05 / height, ha="left", size=9)
        axes.set_yticks(range(len(rows)), [row.name for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
        names = max(label.get_window_extent().width for label in axes.get_yticklabels()) / 72
        left = min(0.6, (names + 0.15) / WIDTH)
        figure.subplots_adjust(left=left, right=0.97, top=1 - 0.35 / height, bottom=0.35 / height)
        spoken = "; ".join(f"{row.name} {percent(row.mean)} %" for row in rows)
        return to_svg(figure, summary=f"{title}, mean mIoU: {spoken}")
