"""Ray for Map stages: what is asked of a cluster, and the same bytes from a real one, also where its workers die."""

import os
import re
import signal
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from interpreters import typed
from object_storage import new_bucket, objects_in
from toy_runs import SMALL, Run, contents

from wsss.engine.map import Map
from wsss.errors import ConfigError
from wsss.run import ray_launcher
from wsss.run.ray_launcher import RayCrew, RayWorkers
from wsss.run.ray_pool import Asked

WORDS = (
    *(word.replace(", ", ",") for word in SMALL if not word.startswith("views")),
    *("until=refine_cams", "dataset.train=20", "views.scales=[1.0,0.5,1.5]"),
)
PATIENCE = 900
"""Seconds that a busy machine gets."""


class Nodes:
    """A cluster of two machines that says what it has, and nothing else."""

    def __init__(self, **has: float) -> None:
        self.has, self.ended = has, False

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": self.has}] * 2

    def shutdown(self) -> None:
        self.ended = True


@pytest.mark.parametrize(
    ("has", "options", "name", "asked", "count"),
    [
        ({"CPU": 8.0}, {}, "refine_cams", Asked(cores=1, gpu=False, threads=1), 16),
        ({"CPU": 8.0}, {"map_workers": 3, "threads": 4}, "refine_cams", Asked(cores=1, gpu=False, threads=1), 3),
        ({"CPU": 8.0}, {}, "extract_cams", Asked(cores=8, gpu=False, threads=8), 2),
        ({"CPU": 8.0, "GPU": 2.0}, {}, "extract_cams", Asked(cores=4, gpu=True, threads=4), 4),
        ({"CPU": 8.0, "GPU": 2.0}, {"map_workers": 9}, "extract_cams", Asked(cores=4, gpu=True, threads=4), 4),
        ({"CPU": 8.0, "GPU": 2.0}, {"map_workers": 1}, "extract_cams", Asked(cores=8, gpu=True, threads=8), 1),
        ({"CPU": 8.0, "GPU": 2.0}, {"threads": 1}, "refine_cams", Asked(cores=1, gpu=False, threads=1), 16),
        ({}, {}, "extract_cams", Asked(cores=1, gpu=False, threads=1), 1),
        ({}, {}, "refine_cams", Asked(cores=1, gpu=False, threads=1), 1),
        ({"CPU": 2.0}, {"map_workers": 3, "threads": 2}, "extract_cams", Asked(cores=1, gpu=False, threads=2), 3),
    ],
)
def test_stages_get_workers_of_their_kind(
    has: dict[str, float],
    options: dict[str, Any],
    name: str,
    asked: Asked,
    count: int,
    toy_run: Run,
    monkeypatch: pytest.MonkeyPatch,
):
    stage = toy_run.plan()[name].stage
    assert isinstance(stage, Map)
    monkeypatch.setattr(type(stage), "takes_gpu", name == "extract_cams")
    pool = RayWorkers(**options).pool(Nodes(**has), stage)
    assert (pool._asked, pool._count) == (asked, count)


def test_a_cluster_is_asked_for_when_there_is_something_to_make(monkeypatch: pytest.MonkeyPatch, toy_run: Run):
    cluster, given = Nodes(CPU=2.0), []

    def connected(address: str, **more: Any) -> Nodes:
        given.append((address, more["key"], more["cores"] >= 5))
        return cluster

    monkeypatch.setattr(ray_launcher, "connected", connected)
    stage = toy_run.plan()["extract_cams"].stage
    with RayWorkers(map_workers=5).open() as crew:
        assert isinstance(crew, RayCrew)
        assert isinstance(stage, Map)
        assert not given
        crew.pool(stage)
        crew.pool(stage)
        assert given == [("local", "launcher.address", True)]
        assert not cluster.ended
    assert cluster.ended


def test_a_cluster_of_others_that_does_not_answer_is_said_before_a_training(
    monkeypatch: pytest.MonkeyPatch, toy_run: Run, tmp_path: Path
):
    def nobody(address: str, **_: object) -> None:
        raise ConfigError([f"{address}: no cluster answers"])

    monkeypatch.setattr(ray_launcher, "connected", nobody)
    training = toy_run.plan()["train_classifier"].stage
    with RayWorkers(address="head:6379").open() as crew, pytest.raises(ConfigError, match="head:6379: no cluster"):
        crew.launch(tmp_path / "no job", stage=training)


def test_trainings_are_torchrun_s():
    options = RayWorkers(nproc=3, threads=2)
    assert (options.workers, options.trainings().nproc, options.trainings().threads) == (3, 3, 2)
    with pytest.raises(ValueError, match="nproc must be at least 1"):
        RayWorkers(nproc=0)
    with pytest.raises(ValueError, match="map_workers must be at least 1"):
        RayWorkers(map_workers=0)
    for minutes in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="wait_minutes: must be above 0, or null to wait for ever, got"):
            RayWorkers(wait_minutes=minutes)


@pytest.mark.parametrize("minutes", [3.0, None])
def test_workers_wait_for_a_machine_as_long_as_is_asked(minutes: float | None, toy_run: Run):
    stage = toy_run.plan()["refine_cams"].stage
    assert isinstance(stage, Map)
    waiting = RayWorkers(wait_minutes=minutes).pool(Nodes(CPU=1.0), stage)._waiting
    assert (waiting._minutes, waiting._key) == (minutes, "launcher.wait_minutes")


def test_it_is_refused_without_ray_and_as_one_of_several(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wsss.run.ray_cluster.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"launcher=ray: Ray is not installed: pip install 'wsss\[ray\]'"):
        RayWorkers().check()
    monkeypatch.setattr("wsss.run.ray_cluster.find_spec", lambda _: True)
    RayWorkers().check()
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="launcher=ray is one process, but 2 were started"):
        RayWorkers().check()


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    with started(folder) as process:
        assert process.wait(PATIENCE) == 0
    return folder


def started(folder: Path, *more: str) -> "AbstractContextManager[subprocess.Popen[bytes]]":
    pytest.importorskip("ray")
    return typed(folder, "run", *WORDS, *more)


def on_ray(workers: int) -> tuple[str, ...]:
    return "launcher=ray", f"launcher.map_workers={workers}", "launcher.threads=1"


def items(folder: Path) -> dict[str, bytes]:
    every = contents(folder / "runs")
    return {name: data for name, data in every.items() if re.match(r"(extract|refine)_cams/\w+/items/", name)}


def said(folder: Path) -> str:
    return (folder / "screen.txt").read_text(encoding="utf-8")[-3000:]


def workers_of(folder: Path, stage: str) -> list[int]:
    logs = [log.read_text(encoding="utf-8") for log in folder.glob(f"runs/{stage}/*/log.*.txt")]
    return [int(number) for log in logs for number in re.findall(r"process (\d+)", log)]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_makes_the_same_bytes(workers: int, alone: Path, tmp_path: Path):
    with started(tmp_path, *on_ray(workers)) as process:
        assert process.wait(PATIENCE) == 0, said(tmp_path)
    assert items(tmp_path) == items(alone)
    assert len(set(workers_of(tmp_path, "extract_cams"))) == workers


@pytest.mark.slow
def test_packs_in_a_bucket_hold_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = {}
    for name, more in (("alone", ()), ("ray", on_ray(2))):
        bucket, folder = new_bucket(monkeypatch), tmp_path / name
        folder.mkdir()
        with started(folder, "runtime.pack=6", f"runtime.bucket={bucket}", *more) as process:
            assert process.wait(PATIENCE) == 0, said(folder)
        found[name] = {path.partition("/")[2]: data for path, data in objects_in(bucket).items()}
        assert [each for each in items(folder) if not each.endswith(".zip.json")] == []
    assert {path.partition("/")[0] for path in found["ray"]} == {"extract_cams", "refine_cams"}
    assert found["ray"] == found["alone"]


@pytest.mark.slow
def test_a_worker_that_is_killed_and_a_signal_cost_nothing_that_is_made(alone: Path, tmp_path: Path):
    with started(tmp_path, *on_ray(2)) as process:
        end = time.monotonic() + PATIENCE
        while not workers_of(tmp_path, "extract_cams"):
            assert process.poll() is None, said(tmp_path)
            assert time.monotonic() < end
            time.sleep(0.01)
        os.kill(workers_of(tmp_path, "extract_cams")[0], signal.SIGKILL)
        while not list(tmp_path.glob("runs/extract_cams/*/items/*")):
            assert process.poll() is None, said(tmp_path)
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM, said(tmp_path)
    assert "a worker of Ray died" in said(tmp_path)
    assert "What is finished is kept" in said(tmp_path)
    with started(tmp_path, *on_ray(2)) as process:
        assert process.wait(PATIENCE) == 0, said(tmp_path)
    assert items(tmp_path) == items(alone)
