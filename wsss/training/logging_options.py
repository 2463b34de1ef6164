"""Which loggers a training writes to, as `conf/logger/*.yaml` spells them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wsss.training.history import HISTORY

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger


@dataclass(frozen=True, kw_only=True)
class LoggerOptions(ABC):
    """Where a training writes its metrics."""

    @abstractmethod
    def open(self, folder: Path) -> list["Logger"]:
        """Return Lightning loggers that write below `folder`."""


@dataclass(frozen=True, kw_only=True)
class NoLogger(LoggerOptions):
    """Keep no history."""

    def open(self, folder: Path) -> list["Logger"]:
        """Return none."""
        return []


@dataclass(frozen=True, kw_only=True)
class CSVHistory(LoggerOptions):
    """Keep `history.csv`, which survives a resume and from which the report draws its training curves."""

    def open(self, folder: Path) -> list["Logger"]:
        """Return the history."""
        from wsss.training.loggers import History  # noqa: PLC0415 - Lightning takes seconds to import

        return [History(folder / HISTORY)]
