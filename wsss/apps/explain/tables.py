"""Scores on the screen: a table an image and class, and one of the means."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from wsss.apps.explain.explanation import Explained
from wsss.apps.explain.metric import Metric, shown_metrics
from wsss.draw.numbers import percent
from wsss.engine.progress import console

BEST: Final = "*"
"""Stands beside the best of a column: a pipe or a file knows no bold letters."""
WIDE: Final = Console(width=1000)
KEY: Final = f"per cent; ↑ higher is better, ↓ lower; {BEST} best"


def class_tables(image: str, explained: Explained) -> list[Table]:
    """Return a table of each class: methods down, scores across."""
    return [
        _table(
            f"{image}: {name} {percent(each[0].probability)} %",
            methods=[one.method for one in each],
            seconds=[one.seconds for one in each],
            scores=[one.judgement.scores for one in each],
        )
        for name, each in explained.by_class().items()
    ]


def average_table(means: Mapping[str, Mapping[str, Any]], *, images: int) -> Table:
    """Return the means of every method, as `averages` makes them."""
    pairs = next(iter(means.values()))["pairs"]
    return _table(
        f"means over {images} images, {pairs} pairs of an image and a class",
        methods=list(means),
        seconds=[mean["seconds"] for mean in means.values()],
        scores=[mean["scores"] for mean in means.values()],
    )


def print_means(table: Mapping[str, Any]) -> None:
    """Print the means of a table of several images, and the key to its columns."""
    images = len(table["images"])
    if images > 1:
        console.print(average_table(table["means"], images=images))
    if images:
        console.print(KEY)


def brief(seconds: float) -> str:
    """Write a time that is mostly below a second."""
    return f"{1000 * seconds:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def _table(
    title: str,
    *,
    methods: Sequence[str],
    seconds: Sequence[float],
    scores: Sequence[Mapping[str, float | None]],
) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("method", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    metrics = shown_metrics(scores)
    for metric in metrics:
        table.add_column(f"{metric.short} {metric.arrow}", justify="right", no_wrap=True)
    columns = [_cells(metric, [each.get(metric.key) for each in scores]) for metric in metrics]
    for row, method in enumerate(methods):
        table.add_row(method, brief(seconds[row]), *(column[row] for column in columns))
    # A pipe has 80 columns, to which numbers would be cut.
    table.width = Measurement.get(WIDE, WIDE.options, table).maximum
    return table


def _cells(metric: Metric, values: Sequence[float | None]) -> list[Text]:
    best = metric.best(values)
    return [
        Text(f"{percent(value)}{BEST}", style="bold green") if place in best else Text(f"{percent(value)} ")
        for place, value in enumerate(values)
    ]
