"""The graph of a sweep: the union of its runs' plans, in which every stage of a fingerprint stands once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from wsss.apps.sweep.planned import PlannedRun
from wsss.run.plan import Step

Key = tuple[str, str]
"""Stage and fingerprint."""
Standing = Literal["waiting", "running", "done", "failed", "blocked"]


@dataclass(kw_only=True, eq=False)
class Node:
    """One artifact that is to be made, or is there, and the runs that need it."""

    step: Step
    run: PlannedRun
    """The first of them, by whose command it is made."""
    runs: list[int] = field(default_factory=list)
    standing: Standing = "waiting"
    problem: str = ""
    """Why it failed, or what it needs that did."""
    seconds: float | None = None
    """How long it may take, where that is known."""

    @cached_property
    def key(self) -> Key:
        """Its key in the graph."""
        return self.step.artifact.stage, self.step.artifact.fingerprint

    @cached_property
    def needs(self) -> set[Key]:
        """What it reads."""
        return {(each.stage, each.fingerprint) for each in self.step.inputs.values()}

    @property
    def title(self) -> str:
        """Stage, fingerprint and runs, in words."""
        runs = ", ".join(map(str, self.runs[:6])) + (", ..." if len(self.runs) > 6 else "")
        return f"{self.step.name} {self.step.artifact.fingerprint} ({'run' if len(self.runs) == 1 else 'runs'} {runs})"


class Graph:
    """All nodes by their keys, each after what it reads."""

    def __init__(self) -> None:
        self.nodes: dict[Key, Node] = {}
        self.runs: dict[int, PlannedRun] = {}

    def add(self, run: PlannedRun) -> None:
        """Unite the graph with the plan of one more run."""
        self.runs[run.number] = run
        for step in run.steps:
            key = (step.artifact.stage, step.artifact.fingerprint)
            if key not in self.nodes:
                self.nodes[key] = Node(step=step, run=run)
                if step.artifact.state() == "cached":
                    self.nodes[key].standing = "done"
            self.nodes[key].runs.append(run.number)
            if failed := self._failed_among(self.nodes[key]):
                self._block(self.nodes[key], failed)

    def of_run(self, number: int) -> list[Node]:
        """Return the nodes of a run, in the order of its stages."""
        return [self.nodes[step.artifact.stage, step.artifact.fingerprint] for step in self.runs[number].steps]

    def ready(self, fits: Callable[[Node], bool] = lambda _: True) -> list[Node]:
        """Return what waits for nothing and fits, that first which most seconds of work wait for, itself included."""
        ready = [
            node
            for node in self.nodes.values()
            if node.standing == "waiting" and all(self.nodes[key].standing == "done" for key in node.needs)
            if fits(node)
        ]
        ranks = self.ranks() if ready else {}
        return sorted(ready, key=lambda node: -ranks[node.key])

    def ranks(self) -> dict[Key, float]:
        """Return the seconds of the longest chain of work that begins with each node; a second where none is known."""
        known = [node.seconds for node in self.nodes.values() if node.seconds is not None]
        usual = sum(known) / len(known) if known else 1.0
        ranks = dict.fromkeys(self.nodes, 0.0)
        for key, node in reversed(self.nodes.items()):
            ranks[key] += usual if node.seconds is None else node.seconds
            for need in node.needs:
                ranks[need] = max(ranks[need], ranks[key])
        return ranks

    def fail(self, node: Node, problem: str) -> None:
        """Note that a node failed, and with it all that reads it, directly or not."""
        node.standing, node.problem = "failed", problem
        for other in self.nodes.values():
            if failed := self._failed_among(other):
                self._block(other, failed)

    def failed(self) -> list[Node]:
        """Return what failed itself."""
        return [node for node in self.nodes.values() if node.standing == "failed"]

    def unfinished(self) -> Iterator[Node]:
        """Yield what is still to be made and can be."""
        return (node for node in self.nodes.values() if node.standing in ("waiting", "running"))

    def _failed_among(self, node: Node) -> Node | None:
        if node.standing != "waiting":
            return None
        needed = (self.nodes[key] for key in node.needs)
        return next((each for each in needed if each.standing in ("failed", "blocked")), None)

    def _block(self, node: Node, by: Node) -> None:
        node.standing, node.problem = "blocked", f"needs {by.step.name} {by.step.artifact.fingerprint}, which failed"
