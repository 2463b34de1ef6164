"""Sources of a sweep's runs: all of a grid at once, or one by one from a search."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from wsss.apps.sweep.graph import Graph
from wsss.apps.sweep.planned import PlannedRun


class Source(ABC):
    """Gives runs to a sweep, and hears of their ends."""

    @abstractmethod
    def more(self, graph: Graph) -> list[PlannedRun]:
        """Return runs that are to be added now."""

    @abstractmethod
    def told(self, run: PlannedRun, problem: str | None) -> None:
        """Hear that a run has ended, or why it cannot."""

    @abstractmethod
    def is_over(self) -> bool:
        """Tell whether no more runs will come."""

    def said(self) -> list[str]:
        """Return what is to be said at the end of the sweep, a line each."""
        return []


@dataclass(kw_only=True)
class Grid(Source):
    """Runs of every combination of values."""

    runs: list[PlannedRun]
    failed: dict[int, str] = field(default_factory=dict)
    """Why a run came to no end, by its number."""

    def more(self, graph: Graph) -> list[PlannedRun]:
        """Return all runs at the first call."""
        del graph
        runs, self.runs = self.runs, []
        return runs

    def told(self, run: PlannedRun, problem: str | None) -> None:
        """Note what failed."""
        if problem is not None:
            self.failed[run.number] = problem

    def is_over(self) -> bool:
        """Tell whether all were handed out."""
        return not self.runs
