"""A matplotlib figure as an SVG within a page, with text as text, in the page's own font and colours.

Colours come out as CSS variables with a fallback: a chart follows a light or a dark page when it stands inside one, and
is readable as a file of its own. `pyplot` and its global state are not used.
"""

import hashlib
import io
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from markupsafe import Markup, escape
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

INK: Final = "#010101"
FAINT: Final = "#020202"
SERIES: Final = ("#030301", "#030302", "#030303", "#030304")
"""Stand-ins: what matplotlib draws in these colours is handed to the page as the variables below."""

FONT: Final = "DejaVu Sans"
"""Matplotlib's own, by which it measures text."""

PAGES_OWN: Final = {
    f"font-family: '{FONT}', sans-serif": "font-family: inherit",
    INK: "var(--ink, #24292f)",
    FAINT: "var(--line, #c9ced6)",
    SERIES[0]: "var(--series-1, #1f6fb4)",
    SERIES[1]: "var(--series-2, #b3541e)",
    SERIES[2]: "var(--series-3, #2b7d5b)",
    SERIES[3]: "var(--series-4, #7a4fa3)",
}
"""What takes the place of matplotlib's font and of the stand-ins."""

STYLE: Final[dict[Any, Any]] = {
    "font.sans-serif": [FONT],
    "svg.fonttype": "none",
    "svg.hashsalt": "wsss",
    "text.parse_math": False,
    "figure.dpi": 72.0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.size": 9.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.xmargin": 0.01,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0.0,
    "xtick.major.pad": 5.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "legend.handlelength": 1.2,
    "legend.borderaxespad": 0.0,
}
"""Settings of matplotlib under which a figure has to be made and serialised; `rc_context` takes them back."""


def to_svg(figure: Figure, *, summary: str) -> Markup:
    """Serialise a figure made within `rc_context(STYLE)`; `summary` is what a screen reader says.

    A point of a line that can be picked shows its line's label and its place, in the axes' own format of data, when the
    pointer rests on it.
    """
    assert figure.dpi == 72, "points are placed in pixels"
    file = io.StringIO()
    # Without its metadata an SVG of matplotlib refers to no web page but those that name the format.
    figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    width, height = (figure.get_size_inches() * 72).tolist()
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img"'
    head += f' viewBox="0 0 {width:g} {height:g}" style="stroke-linejoin: round; font-family: system-ui, sans-serif">'
    targets = "".join(_targets(figure, height=height))
    return Markup(f"{head}<title>{escape(summary)}</title>{_body(file.getvalue())}{targets}</svg>")  # noqa: S704


def _targets(figure: Figure, *, height: float) -> Iterator[str]:
    for axes in figure.axes:
        for line in filter(Line2D.pickable, axes.lines):
            label = str(line.get_label())
            name = "" if label.startswith("_") else f"{label}, "  # as matplotlib names what has no label
            points = np.asarray(line.get_xydata())
            for (x, y), (left, up) in zip(points, axes.transData.transform(points), strict=True):
                if not np.isnan(y):
                    text = escape(f"{name}{axes.format_xdata(x)}: {axes.format_ydata(y)}")
                    circle = f'<circle cx="{left:.1f}" cy="{height - up:.1f}" r="5" style="fill: transparent">'
                    yield f"{circle}<title>{text}</title></circle>"


def _body(svg: str) -> str:
    """Return the figure alone: a style sheet, which stands before it, would reach beyond it."""
    body = svg[svg.index('<g id="figure_1">') : svg.rindex("</svg>")]
    # Several charts share one page, where an id may be given once only.
    mark = hashlib.sha256(body.encode()).hexdigest()[:6]
    marked = {reference: f"{reference}{mark}-" for reference in ('id="', 'href="#', "url(#")}
    for written, wanted in (PAGES_OWN | marked).items():
        body = body.replace(written, wanted)
    return body
