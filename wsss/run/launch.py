"""Launchers: start the processes of one stage."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from wsss.run.worker import work


class Launcher(ABC):
    """Start as many workers as wanted on a frozen job and return when all are done; a failure raises."""

    @abstractmethod
    def launch(self, job: Path) -> None:
        """Run the job to its end."""

    def check(self) -> None:
        """Raise a `WsssError` where nothing can be launched this way here."""
        return


@dataclass(frozen=True, kw_only=True)
class Inline(Launcher):
    """One process: this one."""

    def launch(self, job: Path) -> None:
        """Run the worker here."""
        work(job)
