"""Launchers: start the processes of one stage, on one machine or on several."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wsss.engine.processes import world
from wsss.engine.stage import Stage
from wsss.errors import ConfigError
from wsss.run.worker import work

Word = Literal["make", "made"]
"""What is said of a stage where several machines run a pipeline: it is about to be made, or it is there."""


class Crew(ABC):
    """An opened launcher: starts workers, stage by stage, and speaks with the other machines of the run."""

    leads: bool = True
    """Whether this machine decides what is made and writes the run's folder: the first of several, or the only one."""

    @abstractmethod
    def launch(self, job: Path, *, stage: Stage) -> None:
        """Run this machine's workers on a frozen job to its end; a failure raises."""

    def say(self, subject: str, word: Word) -> None:
        """Tell the machines that follow."""
        return

    def hear(self, subject: str, *words: Word) -> Word:
        """Wait until the machine that leads says one of some words."""
        raise NotImplementedError


class Launcher(ABC):
    """How many processes there are and where: options of a `Crew`."""

    @abstractmethod
    def open(self) -> AbstractContextManager[Crew]:
        """Bring the machines together, and keep them so from the first stage to the last."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many processes share a training, over all machines."""

    def check(self) -> None:
        """Raise a `WsssError` where nothing can be launched this way here."""
        return


class Here(Crew):
    """Does the work in this process."""

    def launch(self, job: Path, *, stage: Stage) -> None:
        """Run the worker."""
        work(job)


@dataclass(frozen=True, kw_only=True)
class Inline(Launcher):
    """One process: this one."""

    @property
    def workers(self) -> int:
        """One."""
        return 1

    @contextmanager
    def open(self) -> Iterator[Crew]:
        """There is nobody to bring together."""
        yield Here()

    def check(self) -> None:
        """Refuse to be one of several processes: each would make its share, and the first to end would call it all."""
        for name, size in (("WORLD_SIZE", world().size), ("SLURM_NTASKS", slurm_tasks())):
            if size > 1:
                remedy = f"start one process a machine with launcher=torchrun, or unset {name}"
                raise ConfigError([f"launcher=inline is one process, but {name}={size} is set: {remedy}"])


def slurm_tasks() -> int:
    """Return how many tasks `srun` started at once; 1 outside of it."""
    return int(os.environ.get("SLURM_NTASKS", "1")) if "SLURM_PROCID" in os.environ else 1
