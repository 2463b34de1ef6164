"""A training's metrics as a CSV file in long form: step, name, value."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

HISTORY: Final = "history.csv"
HEADER: Final = ("step", "name", "value")


class HistoryRow(NamedTuple):
    """One logged number."""

    step: int
    name: str
    value: float


def read_history(path: Path) -> list[HistoryRow]:
    """Read a training's history; no file is an empty history."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(_rows(csv.DictReader(file)))


def _rows(reader: Iterator[dict[str, Any]]) -> Iterator[HistoryRow]:
    for row in reader:
        # The last line of a killed training may be torn.
        if row["value"]:
            yield HistoryRow(step=int(row["step"]), name=row["name"], value=float(row["value"]))
