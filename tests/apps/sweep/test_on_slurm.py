"""Nodes as jobs of submitit, on its local executor: they are put back into the queue, and cancelled."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sweeps import made_of, planned, stage

from wsss.apps.sweep import on_slurm
from wsss.apps.sweep.engine import Ending
from wsss.apps.sweep.graph import Graph, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.on_slurm import OnSlurm
from wsss.apps.sweep.options import SweepOptions
from wsss.errors import ConfigError

LOCAL = SweepOptions(slurm_cluster="local", jobs=2, slurm_cpus=1)


def node_in(folder: Path, **options: object) -> tuple[Node, NodeFolder]:
    graph = Graph()
    graph.add(planned(folder, 1, only=stage(**options)))
    node_folder = NodeFolder(path=folder / "node")
    node_folder.write(graph.of_run(1)[0])
    return graph.of_run(1)[0], node_folder


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_job_whose_time_is_over_goes_on_and_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    engine = OnSlurm(LOCAL, folder=tmp_path / "slurm")
    node, folder = node_in(tmp_path, waits=True)
    assert engine.take(node, folder).startswith(" as job ")
    (job, _) = engine._jobs[node.key]
    until(lambda: made_of(tmp_path / "store"))
    controller = job._process
    task, *_ = Path(f"/proc/{controller.pid}/task/{controller.pid}/children").read_text(encoding="ascii").split()
    os.kill(int(task), signal.SIGUSR2)  # as before the end of a job's time
    until(lambda: len(made_of(tmp_path / "store")) == 2)
    assert engine.ended() == []
    (tmp_path / "store" / "go").touch()
    endings: list[Ending] = []
    until(lambda: endings.extend(engine.ended()) or endings)
    assert endings == [Ending(key=node.key, problem=None)]
    assert node.step.artifact.state() == "cached"
    assert engine.has_room(node)
    controller.wait(60)


def test_what_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node, _ = node_in(tmp_path)
    engine = OnSlurm(LOCAL, folder=tmp_path / "slurm")
    assert engine.width == 2
    assert engine.asked_for(node) == {"name": "only", "timeout_min": 60, "cpus_per_task": 1, "gpus_per_node": 0}
    monkeypatch.setattr(type(node.step.stage), "takes_gpu", True)
    options = SweepOptions(slurm_cluster="local", slurm_partition="gpu", slurm_minutes=5)
    asked = OnSlurm(options, folder=tmp_path / "slurm").asked_for(node)
    assert (asked["gpus_per_node"], asked["slurm_partition"], asked["timeout_min"]) == (1, "gpu", 5)
    options = SweepOptions(slurm_cluster="local", slurm_gpus=False)
    assert OnSlurm(options, folder=tmp_path / "slurm").asked_for(node)["gpus_per_node"] == 0


def test_a_job_that_is_lost_is_named_and_all_are_cancelled(tmp_path: Path) -> None:
    node, folder = node_in(tmp_path)
    engine = OnSlurm(LOCAL, folder=tmp_path / "slurm")
    cancelled: list[bool] = []

    def lost() -> int:
        raise engine._errors[0]("it left no result\nmore")

    job = SimpleNamespace(
        job_id="7",
        done=lambda: True,
        result=lost,
        cancel=lambda *, check: cancelled.append(check),
        paths=SimpleNamespace(stderr="7.err"),
    )
    engine._jobs[node.key] = job, folder
    assert engine.ended() == [Ending(key=node.key, problem="job 7 ended: it left no result; see 7.err")]
    engine._jobs[node.key] = job, folder
    engine.stop()
    assert cancelled == [False]


def test_without_submitit_or_slurm_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"slurm\.cluster=slurm: "):
        OnSlurm(SweepOptions(slurm_cluster="slurm"), folder=tmp_path)
    monkeypatch.setattr(on_slurm, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="submitit is not installed: pip install"):
        OnSlurm(LOCAL, folder=tmp_path)
