"""Processes here: nodes that fit beside each other, deaths that are survived, and an end in order."""

import os
import re
import signal
import time
from pathlib import Path

import pytest
from sweeps import fan, made_of, planned, stage

from wsss.apps.sweep import local, warm
from wsss.apps.sweep.engine import Ending
from wsss.apps.sweep.graph import Graph, Node
from wsss.apps.sweep.local import Local, visible_gpus
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.warm import Warm


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "PRELOADED", ("wsss.apps.sweep.child", "sweeps"))


def nodes_of(folder: Path, **options: object) -> list[Node]:
    graph = Graph()
    graph.add(planned(folder, 1, first=stage(**options), second=stage(value=2, **options)))
    return graph.of_run(1)


def taken(engine: Local, node: Node, folder: Path) -> str:
    node_folder = NodeFolder.of(folder, stage=node.step.name, fingerprint=node.step.artifact.fingerprint)
    node_folder.write(node)
    return engine.take(node, node_folder)


def ended(engine: Local) -> Ending:
    end = time.monotonic() + 120
    while not (endings := engine.ended()):
        assert time.monotonic() < end
        engine.wait(1)
    return endings[0]


def test_a_process_that_is_killed_is_started_again_but_not_for_ever(tmp_path: Path):
    engine = Local(gpus=())
    for dies, problem in ((1, None), (9, "was killed by signal 9")):
        (tmp_path / "store" / "made.txt").unlink(missing_ok=True)
        node = nodes_of(tmp_path, dies=dies)[0]
        taken(engine, node, tmp_path)
        assert not engine.has_room(node)
        ending = ended(engine)
        assert ending.key == node.key
        assert (ending.problem is None) == (problem is None)
        assert (problem or "") in (ending.problem or "")
        assert len(made_of(tmp_path / "store")) == (2 if problem is None else local.ATTEMPTS)
        assert engine.has_room(node)


def processes_of(nodes: list[Node]) -> list[str]:
    """The processes that made nodes, by their logs."""
    logs = [(node.step.artifact.path / "log.txt").read_text(encoding="utf-8") for node in nodes]
    return [re.findall(r"process (\d+)", log)[-1] for log in logs]


def test_nodes_are_made_one_after_the_other_in_one_process(tmp_path: Path):
    engine, nodes = Local(gpus=()), nodes_of(tmp_path)
    for node in nodes:
        taken(engine, node, tmp_path)
        assert ended(engine) == Ending(key=node.key, problem=None)
        log = NodeFolder.of(tmp_path, stage=node.step.name, fingerprint=node.step.artifact.fingerprint).log
        assert log.exists()
    engine.stop()
    first, second = processes_of(nodes)
    assert first == second


def test_a_process_that_waits_may_be_killed(tmp_path: Path):
    engine, (first, second) = Local(gpus=()), nodes_of(tmp_path)
    taken(engine, first, tmp_path)
    ended(engine)
    os.kill(int(processes_of([first])[0]), signal.SIGKILL)
    taken(engine, second, tmp_path)
    assert ended(engine) == Ending(key=second.key, problem=None)
    engine.stop()
    assert len(set(processes_of([first, second]))) == 2


def test_a_process_whose_node_failed_makes_no_other(tmp_path: Path):
    engine = Local(gpus=())
    refused, after = (nodes_of(tmp_path, refuses=True)[0], nodes_of(tmp_path / "other")[0])
    for node, problem in ((refused, "0 is refused: take another"), (after, None)):
        taken(engine, node, tmp_path)
        assert ended(engine).problem == problem
    engine.stop()
    assert len(set(processes_of([refused, after]))) == 2


def test_what_is_at_work_ends_in_order(tmp_path: Path):
    node = nodes_of(tmp_path, waits=True)[0]
    engine = Local(gpus=())
    taken(engine, node, tmp_path)
    end = time.monotonic() + 120
    while not made_of(tmp_path / "store"):
        assert time.monotonic() < end
        time.sleep(0.02)
    engine.stop()
    assert node.step.artifact.state() == "resume"
    log = (node.step.artifact.path / "log.txt").read_text(encoding="utf-8")
    assert "ended by SIGTERM" in log
    assert engine.has_room(node)


class Taken(Local):
    """Starts nothing, and keeps what it would have started."""

    def _child(self, node: Node, folder: NodeFolder, gpus: tuple[str, ...]) -> object:  # type: ignore[override]
        return local._Child(node=node, folder=folder, process=Ended(), gpus=gpus)


class Ended(Warm):
    """A process that never began, and has made its node."""

    gpus = None

    def __init__(self) -> None:
        return

    @property
    def waits(self) -> bool:
        return True

    def code(self) -> int:
        return 0

    def join(self) -> None:
        return


def test_gpus_are_dealt_out_and_work_of_the_cpu_goes_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    engine, (first, second) = Taken(gpus=("3", "5")), nodes_of(tmp_path)
    (third,) = [run.steps[0] for run in fan(tmp_path, values=(1,))]
    cpu = Node(step=third, run=first.run)
    monkeypatch.setattr(type(first.step.stage), "takes_gpu", property(lambda stage: stage.value != 10))
    assert taken(engine, first, tmp_path) == " on gpu 3"
    assert taken(engine, second, tmp_path) == " on gpu 5"
    assert not engine.has_room(first)
    assert engine.has_room(cpu)
    assert taken(engine, cpu, tmp_path) == ""
    assert not engine.has_room(cpu)
    assert len(engine.ended()) == 3
    assert taken(engine, first, tmp_path) == " on gpu 3"


def test_a_process_serves_nodes_that_see_the_same_gpus(tmp_path: Path):
    engine = Local(gpus=())
    waiting, other = Ended(), Ended()
    other.gpus = ""
    engine._waiting = [waiting, other]
    assert engine._process("") is other
    assert engine._process(None) is waiting


def test_the_end_of_a_node_is_waited_for(tmp_path: Path):
    engine, node = Local(gpus=()), nodes_of(tmp_path)[0]
    taken(engine, node, tmp_path)
    engine.wait(120)
    assert engine.ended() == [Ending(key=node.key, problem=None)]
    engine.stop()


def test_gpus_are_named_as_the_environment_does(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert visible_gpus() == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4, 7")
    assert visible_gpus() == ["4", "7"]
