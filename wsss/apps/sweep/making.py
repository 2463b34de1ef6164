"""Make a sweep: hand its nodes to an engine in their order, and end every run whose nodes are there."""

from dataclasses import dataclass
from typing import Final

from filelock import Timeout

from wsss.apps.sweep.engine import Ending, Engine
from wsss.apps.sweep.graph import Graph, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.planned import PlannedRun
from wsss.apps.sweep.source import Source
from wsss.apps.sweep.sweep_folder import SweepFolder
from wsss.draw.numbers import duration
from wsss.engine.progress import console
from wsss.engine.stage import read_index
from wsss.errors import WsssError
from wsss.run.estimate import expect
from wsss.run.launch import Here
from wsss.run.objective import check_masks
from wsss.run.pipeline import make
from wsss.run.record import write_record
from wsss.run.run_folder import write_outcome
from wsss.stages.index_data import IndexData
from wsss.store.store import Artifact

EVERY: Final = 0.2
"""Seconds between two looks at what others make."""


@dataclass(kw_only=True)
class Making:
    """A sweep at work."""

    folder: SweepFolder
    source: Source
    engine: Engine
    graph: Graph

    def __post_init__(self) -> None:
        self._open: set[int] = set()

    def all(self) -> None:
        """Make everything that can be made."""
        try:
            while True:
                for ending in self.engine.ended():
                    self._end(ending)
                if runs := self.source.more(self.graph):
                    for run in runs:
                        self._add(run)
                    estimate(self.graph)
                self._hand_out()
                if self._close():  # while processes are at work; a search may have more now
                    continue
                if not self._open and self.source.is_over():
                    return
                self.engine.wait(EVERY)
        finally:
            self.engine.stop()

    def _add(self, run: PlannedRun) -> None:
        write_record(run.folder, store=run.store, steps=run.steps, config=run.config)
        self.graph.add(run)
        self._open.add(run.number)
        for node in self.graph.of_run(run.number):
            if node.standing == "done" and node.run is run:
                make(node.step, crew=Here())  # whose manifest is read, and whose data may lie elsewhere today
                self._check_readers(node)

    def _hand_out(self) -> None:
        for node in self.graph.ready(self.engine.has_room):
            if not self.engine.has_room(node):  # the nodes before it took the room
                continue
            if node.step.artifact.state() == "cached":  # another run made it meanwhile
                self._done(node)
            elif not is_held(node.step.artifact):
                folder = self._folder_of(node)
                folder.write(node)
                node.standing = "running"
                where = self.engine.take(node, folder)
                about = "" if node.seconds is None else f", about {duration(node.seconds)}"
                console.print(f"{self._count()} {node.title} begins{where}{about}")

    def _end(self, ending: Ending) -> None:
        node = self.graph.nodes[ending.key]
        if ending.problem is None and node.step.artifact.state() != "cached":
            self._fail(node, f"its process made nothing; see {self._folder_of(node).log}")
        elif ending.problem is not None:
            self._fail(node, ending.problem)
        else:
            self._done(node)
            took = duration(node.step.artifact.manifest().seconds)
            console.print(f"{self._count()} {node.title} took {took}")

    def _done(self, node: Node) -> None:
        node.standing = "done"
        self._check_readers(node)
        if isinstance(node.step.stage, IndexData):
            for other in self.graph.unfinished():  # work is known once the data are
                other.seconds = None
            estimate(self.graph)
        else:
            estimate(self.graph, of=node.step.name)

    def _check_readers(self, made: Node) -> None:
        """Fail those nodes that an index does not allow: a split that is not there is said before hours of training."""
        if not isinstance(made.step.stage, IndexData):
            return
        index = read_index(made.step.artifact)
        for node in list(self.graph.unfinished()):
            if made.key == _index_of(node):
                try:
                    node.step.stage.check_index(index)
                    check_masks(node.run.config["objective"], made.step)
                except WsssError as error:
                    self._fail(node, str(error))

    def _fail(self, node: Node, problem: str) -> None:
        self.graph.fail(node, problem)
        self._folder_of(node).say_failed(problem)
        console.print(f"failed: {node.title}: {problem}")

    def _close(self) -> bool:
        """End the runs that are complete or cannot be any more; tell whether there were any."""
        before = len(self._open)
        for number in sorted(self._open):
            nodes, run = self.graph.of_run(number), self.graph.runs[number]
            if all(node.standing == "done" for node in nodes):
                self._open.remove(number)
                self._finish(run)
            elif all(node.standing in ("done", "failed", "blocked") for node in nodes):
                self._open.remove(number)
                self.source.told(run, next(node.problem for node in nodes if node.problem))
        return len(self._open) < before

    def _finish(self, run: PlannedRun) -> None:
        """Let a run end as `wsss run` ends it."""
        write_record(run.folder, store=run.store, steps=run.steps, config=run.config)
        write_outcome(run.folder, steps=run.steps)
        said = run.logger.finish(run.folder)
        console.print(f"run {run.number} is finished: {run.folder}{f'; {said}' if said else ''}")
        self.source.told(run, None)

    def _folder_of(self, node: Node) -> NodeFolder:
        stage, fingerprint = node.key
        return NodeFolder.of(self.folder.path, stage=stage, fingerprint=fingerprint)

    def _count(self) -> str:
        done = sum(node.standing == "done" for node in self.graph.nodes.values())
        return f"{done} of {len(self.graph.nodes)} done:"


def estimate(graph: Graph, *, of: str | None = None) -> None:
    """Find out how long nodes may take of which that is not known yet, from what their stores hold of that stage."""
    for node in graph.unfinished():
        if node.seconds is None and of in (None, node.step.name):
            expected = expect(node.step, store=node.run.store)
            node.seconds = None if expected is None else expected.seconds


def is_held(artifact: Artifact) -> bool:
    """Tell whether somebody makes or deletes an artifact now."""
    try:
        with artifact.lock().acquire(timeout=0):
            return False
    except Timeout:
        return True


def _index_of(node: Node) -> tuple[str, str] | None:
    index = node.step.inputs.get("index")
    return None if index is None else (index.stage, index.fingerprint)
