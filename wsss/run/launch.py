"""Launchers: start the processes of one stage."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from wsss.errors import ConfigError
from wsss.run.worker import work
from wsss.stages.shard import rank_and_world


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

    def check(self) -> None:
        """Refuse to be one of several processes: each would make its share, and the first to end would call it all."""
        _, world = rank_and_world()
        if world > 1:
            raise ConfigError([f"launcher=inline is one process, but WORLD_SIZE={world} is set: unset it, and RANK"])

    def launch(self, job: Path) -> None:
        """Run the worker here."""
        work(job)
