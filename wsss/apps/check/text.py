"""A check of a data set for the screen."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from wsss.apps.check.findings import Check
from wsss.apps.check.tables import remarks, tables, together, verdict
from wsss.data.listing import sentences
from wsss.draw.tables import screen_table


def check_text(check: Check) -> Iterator[RenderableType]:
    """Yield the tables, then a line for each remark and each problem, and the verdict last."""
    for table in (*tables(check), together(check)):
        if table.rows:
            yield screen_table(table)
    for remark in remarks(check):
        yield Text(remark)
    for kind, sentence in sentences(check.problems):
        yield Text.assemble((f"{kind}: ", "red"), sentence)
    yield Text(verdict(check), style="bold red" if check.problems else "bold green")
