"""Nodes as tasks of Ray: cores, GPUs, ends and failures; the cluster itself is that of the endurance test."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sweeps import fan

from wsss.apps.sweep import on_ray
from wsss.apps.sweep.command import engine_of
from wsss.apps.sweep.graph import Graph, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.on_ray import OnRay
from wsss.apps.sweep.options import SweepOptions
from wsss.apps.sweep.remote import RemoteNode
from wsss.apps.sweep.sweep_folder import SweepFolder
from wsss.errors import LostError
from wsss.run import ray_waiting
from wsss.run.ray_cluster import Capacity


class RayError(Exception):
    pass


class RayTaskError(RayError):
    def __init__(self, cause: Exception) -> None:
        super().__init__("\x1b[36mray::train_classifier()\x1b[39m (pid=1)\nand a traceback")
        self.cause = cause


class Cluster:
    """Two machines of Ray's, which keep what they are given."""

    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self, **resources: float) -> None:
        self.resources = resources
        self.given: list[dict[str, Any]] = []
        self.results: list[Any] = []
        self.cancelled: list[int] = []
        self.alive = (True, True, False)

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": alive, "Resources": self.resources} for alive in self.alive]

    def remote(self, function: Any) -> Any:
        def options(**asked: Any) -> Any:
            def remote(node: RemoteNode) -> int:
                self.given.append({**asked, "node": node})
                return len(self.given) - 1

            return SimpleNamespace(remote=remote)

        assert function is on_ray.make_remote
        return SimpleNamespace(options=options)

    def wait(self, tasks: list[int], **_: Any) -> tuple[list[int], list[int]]:
        return [task for task in tasks if task < len(self.results)], []

    def get(self, task: int) -> int:
        if isinstance(self.results[task], Exception):
            raise self.results[task]
        return self.results[task]

    def cancel(self, task: int) -> None:
        self.cancelled.append(task)


def engine_on(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, **options: Any) -> OnRay:
    monkeypatch.setattr(on_ray, "connected", lambda address, key: cluster)
    return OnRay(address="auto", **options)


def nodes_of(folder: Path) -> list[tuple[Node, NodeFolder]]:
    graph = Graph()
    for run in fan(folder):
        graph.add(run)
    found = [(node, NodeFolder(path=folder / node.step.artifact.fingerprint)) for node in graph.nodes.values()]
    for node, node_folder in found:
        node_folder.write(node)
    return found


@pytest.mark.parametrize(
    ("resources", "jobs", "cores", "width"),
    [
        ({"CPU": 8.0}, None, 8, 2),
        ({"CPU": 8.0}, 1, 8, 1),
        ({"CPU": 8.0}, 4, 4, 4),
        ({"CPU": 8.0, "GPU": 4.0}, None, 2, 8),
        ({"CPU": 2.0}, 100, 1, 100),
    ],
)
def test_cores_are_shared_out_and_no_node_wants_more_than_a_machine_has(
    resources: dict[str, float],
    jobs: int | None,
    cores: int,
    width: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    cluster = Cluster(**resources)
    engine = engine_on(cluster, monkeypatch, jobs=jobs)
    node, folder = nodes_of(tmp_path)[0]
    assert engine.width == width
    engine.take(node, folder)
    (given,) = cluster.given
    assert (given["num_cpus"], given["num_gpus"], given["max_retries"]) == (cores, 0, 3)
    assert given["node"].folder == folder.path
    assert given["node"].variables["WSSS_CORES"] == str(cores)


def test_a_stage_that_computes_on_gpus_gets_as_many_as_its_launcher_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    node, folder = nodes_of(tmp_path)[0]
    monkeypatch.setattr(type(node.step.stage), "takes_gpu", True)
    for gpus, wanted in ((4.0, 1), (0.0, 0)):
        cluster = Cluster(CPU=8.0, GPU=gpus)
        engine_on(cluster, monkeypatch).take(node, folder)
        assert cluster.given[0]["num_gpus"] == wanted


def test_ends_are_heard_and_one_more_than_fits_may_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cluster = Cluster(CPU=8.0)
    engine = engine_on(cluster, monkeypatch)
    assert engine.ended() == []
    nodes = nodes_of(tmp_path)[:3]
    for node, folder in nodes:
        assert engine.has_room(node)
        engine.take(node, folder)
    assert not engine.has_room(nodes[0][0])
    cluster.results = [0, RayError("the machine is gone\nfor ever")]
    first, second = engine.ended()
    assert (first.key, first.problem) == (nodes[0][0].key, None)
    assert second.problem == f"Ray could not make it: the machine is gone; see {nodes[1][1].log}"
    assert engine.has_room(nodes[0][0])
    cluster.results.append(RayTaskError(FileNotFoundError("no folder\nat all")))
    (third,) = engine.ended()
    assert third.problem == f"Ray could not make it: FileNotFoundError: no folder; see {nodes[2][1].log}"
    engine.take(*nodes[2])
    engine.stop()
    assert cluster.cancelled == [3]


def test_what_no_machine_could_make_holds_up_nothing_else_and_ends_the_sweep_when_all_else_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    now = 0.0
    monkeypatch.setattr(ray_waiting, "monotonic", lambda: now)
    cluster = Cluster(CPU=8.0, GPU=1.0)
    engine = engine_on(cluster, monkeypatch, jobs=1, minutes=10.0)
    nodes = nodes_of(tmp_path)[:4]
    gpu = nodes[:2]
    monkeypatch.setattr(
        engine, "_asked", lambda node: Capacity(cores=8, gpus=int(any(node is each for each, _ in gpu)))
    )
    for node, folder in gpu:
        engine.take(node, folder)
    assert not engine.has_room(nodes[2][0])
    cluster.resources, now = {"CPU": 8.0}, 5.0
    engine.wait(0)
    assert not engine.has_room(gpu[0][0])
    assert engine.has_room(nodes[2][0])
    engine.take(*nodes[2])
    now = 10_000.0
    engine.wait(0)  # a task is at work
    said = capsys.readouterr().out
    assert said.count("no machine for") == 1
    assert "(8 cores and 1 GPU); alive: 2 machines with 8 cores. Waiting for 10 min 00 s" in " ".join(said.split())
    cluster.results = [None, None, 0]
    monkeypatch.setattr(cluster, "wait", lambda tasks, **_: ([task for task in tasks if task == 2], []))
    assert [each.key for each in engine.ended()] == [nodes[2][0].key]
    engine.wait(0)
    now += 599.0
    engine.wait(0)
    now += 1.0
    with pytest.raises(LostError, match=r"\(8 cores and 1 GPU\); alive: .*; waited 10 min 00 s \(ray.wait_minutes\)"):
        engine.wait(0)


def test_a_command_hands_its_time_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(on_ray, "connected", lambda address, key: Cluster(CPU=1.0))
    assert OnRay(address="auto")._waiting._minutes == 10.0
    engine = engine_of(SweepOptions(ray_address="auto", ray_wait_minutes=None), SweepFolder(path=Path()))
    assert isinstance(engine, OnRay)
    assert engine._waiting._minutes is None
