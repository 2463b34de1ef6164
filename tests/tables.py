"""Tables of what the program says of inputs: each is written to a file, and its counts stand in pytest's summary."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

NAME = "table"


class Row(NamedTuple):
    """One input: its name, what was said of it, whether that was a refusal, and which files it cost."""

    name: str
    said: str
    refused: bool
    lost: Sequence[str] = ()


class Told:
    """Writes a table of rows to a file and notes its counts for the summary."""

    def __init__(self, path: Path, note: Callable[[str, object], None]) -> None:
        self._path = path
        self._note = note

    def __call__(self, rows: Sequence[Row], *, wrong: int) -> None:
        """Write the table; `wrong` inputs are neither read right nor refused with the right words."""
        self._path.write_text("\n".join([*HEAD, *(_line(row) for row in rows), ""]), encoding="utf-8")
        refused, lost = sum(row.refused for row in rows), sum(len(row.lost) for row in rows)
        counts = f"{len(rows)} tried, {refused} refused, {len(rows) - wrong} right, {lost} lost"
        self._note(NAME, f"{counts}: {self._path}")


HEAD = ("| input | what was said | what was lost |", "|---|---|---|")


@pytest.fixture
def told(tmp_path: Path, record_property: Callable[[str, object], None], request: pytest.FixtureRequest) -> Told:
    """Write the table of a test, which is named after it."""
    return Told(tmp_path / f"{request.node.name}.md", record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts of every table, and where it is."""
    for name, counts in noted(terminalreporter):
        terminalreporter.write_line(f"{name}: {counts}")


def noted(terminalreporter: pytest.TerminalReporter) -> Iterator[tuple[str, str]]:
    """The tables of all tests with their counts."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                yield from ((report.nodeid, str(value)) for name, value in report.user_properties if name == NAME)


def _line(row: Row) -> str:
    cells = (row.name, row.said, ", ".join(row.lost) or "nothing")
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """A text in one line of a table: what would end the cell is written as its number."""
    shown = text if len(text) <= 300 else f"{text[:300]}..."
    return "".join(letter if letter.isprintable() and letter != "|" else f"\\x{ord(letter):02x}" for letter in shown)
