"""A score against the values of one option: a dot a run."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from wsss.draw.numbers import score_text, unit_of
from wsss.draw.svg import SERIES, STYLE, to_svg

WIDTH: Final = 4.2
HEIGHT: Final = 2.6
SEED: Final = "random_seed"
"""An option whose numbers are names."""
DECADE: Final = 20.0
"""Numbers above 0 that span this factor stand on a logarithmic axis."""


def choice_chart(values: Sequence[str], scores: Sequence[float], *, option: str, objective: str) -> Markup:
    """Draw scores over the values of an option: numbers on an axis, and words side by side.

    Scores are written as those of the `objective`, `stage/split/metric`: shares in per cent.
    """
    assert len(values) == len(scores) > 0, f"{len(values)} values for {len(scores)} scores"
    write, unit = partial(score_text, objective), unit_of(objective)
    numbers = [] if option == SEED else _numbers(values)
    names = list(dict.fromkeys(values))
    places = numbers or [float(names.index(value)) for value in values]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT))
        left = 0.1 if unit else 0.16  # numbers without a unit are longer
        axes = figure.add_axes((left, 0.45 / HEIGHT, 0.96 - left, 1 - 0.75 / HEIGHT))
        axes.plot(places, scores, "o", color=SERIES[0], markersize=4, clip_on=False, picker=True)
        axes.set(title=unit.strip() or objective.rpartition("/")[2], xlabel=option)
        axes.fmt_xdata = "{:g}".format if numbers else lambda place: names[round(place)]
        axes.fmt_ydata = write
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}" if unit else f"{value:g}"))
        if not numbers:
            axes.set_xticks(range(len(names)), [name[:24] for name in names])
            axes.set_xlim(-0.5, len(names) - 0.5)
        elif min(numbers) > 0 and max(numbers) / min(numbers) > DECADE:
            axes.set_xscale("log")
        best = max(zip(scores, values, strict=True))
        return to_svg(figure, summary=f"scores over {option}: highest {write(best[0])}{unit} at {best[1]}")


def _numbers(values: Sequence[str]) -> list[float]:
    with suppress(ValueError):
        return [float(value) for value in values]
    return []
