"""Tables of plain values: one form for a page, the screen and a CSV file."""

import csv
import io
from dataclasses import dataclass
from typing import Final

from rich.table import Table as ScreenTable
from rich.text import Text

from wsss.draw.numbers import ABSENT

Cell = str | int | float | None

FORMULA: Final = ("=", "+", "-", "@")
"""First letters by which a spreadsheet takes a text for a formula, and computes it."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under a heading; the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    words: bool = False
    """Whether the cells hold words, which are set flush left, and not numbers."""

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows), f"{self.title}: a row has other columns"


def shown(cell: Cell) -> str:
    """Write a cell for people: three digits of a number, a dash for what is not known."""
    if cell is None:
        return ABSENT
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)


def screen_table(table: Table) -> ScreenTable:
    """Return a table for the terminal; cells are taken as they are, without markup."""
    screen = ScreenTable(title=table.title, caption=table.note or None, title_justify="left", caption_justify="left")
    for position, column in enumerate(table.columns):
        screen.add_column(column, justify="right" if position and not table.words else "left", overflow="fold")
    for row in table.rows:
        screen.add_row(*(Text(shown(cell)) for cell in row))
    return screen


def csv_text(table: Table) -> str:
    """Write a table as CSV: six digits of a number, nothing for what is not known.

    A text that a spreadsheet would compute, such as a file called `=1+1.jpg`, begins with an apostrophe.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)
    return file.getvalue()


def _plain(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.6g}"
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
