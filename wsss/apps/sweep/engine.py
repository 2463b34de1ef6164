"""Engines: make nodes of a sweep in processes, here or elsewhere. The order is not theirs."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

from wsss.apps.sweep.graph import Key, Node
from wsss.apps.sweep.node_folder import PROGRESS, NodeFolder
from wsss.engine import progress
from wsss.engine.processes import CORES
from wsss.signals import SIGNALS, Ended

ENDED: Final = {Ended(each).exit_code: each.name for each in SIGNALS}
"""Signals by the exit code of a process that they end in order."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The end of a node's process: the key of the node, and what went wrong, None where nothing did."""

    key: Key
    problem: str | None


class Engine(ABC):
    """Takes nodes one after the other, as long as it has room, and says when they have ended."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many nodes are made at once."""

    @abstractmethod
    def has_room(self, node: Node) -> bool:
        """Tell whether a node can be taken now."""

    @abstractmethod
    def take(self, node: Node, folder: NodeFolder) -> str:
        """Begin with a node, whose job lies in its folder; return in a few words where."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Return as soon as something has ended, or after so many seconds."""

    @abstractmethod
    def ended(self) -> list[Ending]:
        """Return what has ended since the last call."""

    @abstractmethod
    def stop(self) -> None:
        """End what is at work, in order, and wait for it."""


def told(folder: NodeFolder, *, cores: int | None) -> dict[str, str]:
    """Return the variables by which a node's process hears where to say how far it is, and how many cores it has."""
    variables = {progress.PROGRESS: str((folder.path / PROGRESS).absolute())}
    return variables if cores is None else {**variables, CORES: str(cores), "OMP_NUM_THREADS": str(cores)}


def said_of(folder: NodeFolder, code: int) -> str | None:
    """Return what went wrong with a node's process by its exit code; None where nothing did."""
    if code == 0:
        return None
    end = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    if code in ENDED:
        end = f"was ended by {ENDED[code]}: run the sweep again to go on with what it made"
    return folder.failure() or f"its process {end}; see {folder.log}"
