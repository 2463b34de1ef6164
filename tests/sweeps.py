"""Sweeps of stages that only add numbers: as quick as a test of a graph has to be."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, final

from wsss.apps.sweep.child import make_node
from wsss.apps.sweep.engine import Ending, Engine
from wsss.apps.sweep.graph import Graph, Node
from wsss.apps.sweep.making import Making
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.planned import PlannedRun
from wsss.apps.sweep.source import Grid
from wsss.apps.sweep.sweep_folder import SweepFolder
from wsss.engine.stage import Job, Reduce
from wsss.errors import DataError, WsssError
from wsss.run.plan import make_plan
from wsss.store.kinds import TABLE, Kind
from wsss.store.store import Store
from wsss.store.texts import write_json, write_text
from wsss.training.loggers.options import NoLogger


@final
@dataclass(frozen=True, kw_only=True)
class Sum(Reduce):
    """Its value and those of all that it reads."""

    version: ClassVar[int] = 1
    makes: ClassVar[Kind] = TABLE

    value: int = 0
    refuses: bool = False
    dies: int = 0
    """So often its process kills itself."""
    scored: bool = False
    """Whether its sum, in thousandths, is a mAP on val."""
    waits: bool = False
    """Until a file `go` lies in the store."""

    def needed_roles(self) -> Mapping[str, Kind]:
        return dict.fromkeys(self.inputs, TABLE)

    def run(self, job: Job) -> dict[str, Any]:
        root = job.artifact.root
        with (root / "made.txt").open("a", encoding="utf-8") as made:
            made.write(f"{job.artifact.stage} {job.artifact.fingerprint}\n")
        if self.refuses:
            raise DataError(f"{self.value} is refused: take another")
        if made_of(root).count(f"{job.artifact.stage} {job.artifact.fingerprint}") <= self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        while self.waits and not (root / "go").exists():
            time.sleep(0.02)
        total = self.value + sum(value_of(each.items) for each in job.inputs.values())
        job.artifact.items.mkdir(parents=True, exist_ok=True)
        write_text(job.artifact.items / "sum.txt", str(total))
        if self.scored:
            write_json(job.artifact.items / "scores.json", {job.artifact.stage: {"val": {"map": total / 1000}}})
        return {"total": total}


def made_of(store: Path) -> list[str]:
    """Stage and fingerprint of all that was begun, in order."""
    path = store / "made.txt"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def value_of(items: Path) -> int:
    return int((items / "sum.txt").read_text(encoding="utf-8"))


def stage(*reads: str, **options: Any) -> dict[str, Any]:
    """The config of one stage, which reads others."""
    runtime = {"_target_": "wsss.engine.stage.Runtime", "device": "cpu"}
    return {"_target_": "sweeps.Sum", "reads": {name: name for name in reads}, "runtime": runtime, **options}


def planned(folder: Path, number: int, **pipeline: dict[str, Any]) -> PlannedRun:
    """A run of a sweep in a folder, whose store lies beside its runs."""
    config = {
        "out": str(folder / str(number)),
        "store": str(folder / "store"),
        "objective": None,
        "launcher": {"_target_": "wsss.run.launch.Inline"},
        "pipeline": pipeline,
    }
    (folder / "store").mkdir(parents=True, exist_ok=True)
    steps = make_plan(pipeline, store=Store.at(folder / "store"))
    words = (f"number={number}",)
    return PlannedRun(number=number, words=words, config=config, steps=steps, workers=1, logger=NoLogger())


def fan(folder: Path, values: Sequence[int] = (1, 2, 3), **options: Mapping[int, dict[str, Any]]) -> list[PlannedRun]:
    """Runs of three stages: the first is that of all, the second and third are each run's own."""
    return [
        planned(
            folder,
            number,
            first=stage(value=10),
            second=stage("first", value=value, **options.get("second", {}).get(value, {})),
            third=stage("second", value=100),
        )
        for number, value in enumerate(values, start=1)
    ]


class AtOnce(Engine):
    """Makes every node in this process as soon as it is taken."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._ended: list[Ending] = []

    @property
    def width(self) -> int:
        return 1

    def has_room(self, node: Node) -> bool:
        return not self._ended

    def take(self, node: Node, folder: NodeFolder) -> str:
        self.taken.append(node.step.name)
        try:
            make_node(folder)
        except WsssError as error:
            self._ended.append(Ending(key=node.key, problem=str(error)))
        else:
            self._ended.append(Ending(key=node.key, problem=None))
        return ""

    def wait(self, seconds: float) -> None:
        return

    def ended(self) -> list[Ending]:
        endings, self._ended = self._ended, []
        return endings

    def stop(self) -> None:
        return


def made(folder: Path, runs: list[PlannedRun]) -> Making:
    """Make runs of a sweep in its folder, in this process."""
    making = Making(folder=SweepFolder(path=folder), source=Grid(runs=runs), engine=AtOnce(), graph=Graph())
    making.all()
    return making
