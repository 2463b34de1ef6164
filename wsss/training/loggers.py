"""Where training metrics go. The CSV history is our own: Lightning's CSVLogger deletes its file when a run resumes."""

import csv
import math
from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

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


class History(Logger):
    """Append every logged number to a CSV in long form: step, name, value.

    A training that resumes goes on from an earlier step than it had reached: `rewind` drops what will be logged again.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    @property
    def name(self) -> str:
        """See Lightning."""
        return "history"

    @property
    def version(self) -> str:
        """See Lightning."""
        return ""

    @rank_zero_only
    def rewind(self, step: int) -> None:
        """Drop what was logged at `step` or later."""
        kept = [row for row in read_history(self._path) if row.step < step]
        with self._path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADER, *kept])

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Append finite numbers; the epoch follows from the step and is left out."""
        rows = [(step, name, value) for name, value in metrics.items() if name != "epoch" and math.isfinite(value)]
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Hold nothing: the stage's frozen config lies beside the history."""


@dataclass(frozen=True, kw_only=True)
class LoggerOptions(ABC):
    """Where a training writes its metrics."""

    @abstractmethod
    def open(self, folder: Path) -> list[Logger]:
        """Return Lightning loggers that write below `folder`."""


@dataclass(frozen=True, kw_only=True)
class NoLogger(LoggerOptions):
    """Keep no history."""

    def open(self, folder: Path) -> list[Logger]:
        """Return none."""
        return []


@dataclass(frozen=True, kw_only=True)
class CSVHistory(LoggerOptions):
    """Keep `history.csv`, which survives a resume and from which the report draws its training curves."""

    def open(self, folder: Path) -> list[Logger]:
        """Return the history."""
        return [History(folder / HISTORY)]
