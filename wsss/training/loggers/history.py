"""A training's metrics as a CSV file in long form: step, name, value."""

import csv
from pathlib import Path
from typing import Final, NamedTuple

HISTORY: Final = "history.csv"
HEADER: Final = ("step", "name", "value")


class HistoryRow(NamedTuple):
    """One logged number."""

    step: int
    name: str
    value: float


def read_history(path: Path) -> list[HistoryRow]:
    """Read a training's history; no file is an empty one. A last line without its end, torn by a kill, is left out."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        whole = [line for line in file if line.endswith("\n")]
    rows = csv.DictReader(whole)
    return [HistoryRow(step=int(row["step"]), name=row["name"], value=float(row["value"])) for row in rows]
