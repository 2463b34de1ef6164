"""A check of a data set for the screen."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table as Shown
from rich.text import Text

from wsss.apps.check.findings import Check
from wsss.apps.check.tables import Table, remarks, tables, together, verdict
from wsss.data.listing import sentences


def check_text(check: Check) -> Iterator[RenderableType]:
    """Yield the tables, then a line for each remark and each problem, and the verdict last."""
    for table in (*tables(check), together(check)):
        if table.rows:
            yield _shown(table)
    for remark in remarks(check):
        yield Text(remark)
    for kind, sentence in sentences(check.problems):
        yield Text.assemble((f"{kind}: ", "red"), sentence)
    yield Text(verdict(check), style="bold red" if check.problems else "bold green")


def _shown(table: Table) -> Shown:
    shown = Shown(title=table.title, caption=table.note or None, title_justify="left", caption_justify="left")
    for position, column in enumerate(table.columns):
        shown.add_column(column, justify="right" if position and not table.words else "left", overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(str(cell)) for cell in row))
    return shown
