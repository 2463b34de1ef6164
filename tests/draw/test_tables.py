"""Tables for a page, the screen and a CSV file."""

import csv
import io

import pytest
from rich.console import Console

from wsss.draw.tables import Table, csv_text, screen_table, shown

TABLE = Table(
    title="Scores", columns=("class", "n", "share"), rows=(("cat", 3, 2 / 3), ("=1+1", 0, None)), note="a note"
)


@pytest.mark.parametrize(("cell", "text"), [(None, "–"), (2 / 3, "0.667"), (1234, "1234"), ("cat", "cat"), (1.0, "1")])
def test_a_cell_for_people(cell: str | float | None, text: str) -> None:
    assert shown(cell) == text


def test_a_csv_file_says_what_is_not_known_and_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(csv_text(TABLE))))
    assert rows == [["class", "n", "share"], ["cat", "3", "0.666667"], ["'=1+1", "0", ""]]


def test_the_screen_shows_titles_notes_and_cells_as_they_are() -> None:
    console = Console(width=60, record=True, file=io.StringIO())
    console.print(screen_table(Table(title="[b]", columns=("a",), rows=(("[red]x",),), note="a note")))
    said = console.export_text()
    assert "[red]x" in said
    assert "a note" in said


def test_every_row_has_all_columns() -> None:
    with pytest.raises(AssertionError, match="Scores"):
        Table(title="Scores", columns=("class", "n"), rows=(("cat",),))
