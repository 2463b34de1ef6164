"""Runs that need the same artifact at once, as processes of their own: it is made once, and the dead block nobody."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import pytest
from filelock import Timeout

from wsss.data.index import Index
from wsss.data.layouts.toy import Toy
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import Step
from wsss.stages.index_data import IndexData
from wsss.store.store import Artifact, Store

RUN = """
import os, sys, time
from pathlib import Path

sys.path.insert(0, {tests!r})
from test_locks import step
from wsss.run.launch import Here
from wsss.run.pipeline import make

folder = Path.cwd()

class Slow(Here):
    def launch(self, job, *, stage):
        (folder / f"maker.{{os.getpid()}}").touch()
        while not (folder / "proceed").exists():
            time.sleep(0.05)
        super().launch(job, stage=stage)

(folder / f"ready.{{os.getpid()}}").touch()
while not (folder / "go").exists():
    time.sleep(0.01)
make(step(folder / "store"), crew=Slow())
"""
PATIENCE = 240
"""Seconds that a busy machine gets."""


def step(store: Path) -> Step:
    """A stage that draws three images."""
    toy = {"_target_": "wsss.data.layouts.toy.Toy", "train": 2, "val": 1, "size": 32}
    return Step(
        name="index_data",
        config={"_target_": "wsss.stages.index_data.IndexData", "dataset": toy},
        stage=IndexData(dataset=Toy(train=2, val=1, size=32)),
        artifact=Store(root=store).artifact("index_data", "0" * 16),
        inputs={},
        identity="0" * 16,
    )


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[dict[int, subprocess.Popen[bytes]]]:
    """Two processes at the point where both ask for the same artifact, by process id; each prints to `screen.<id>`."""
    code = RUN.format(tests=str(Path(__file__).parent))
    started = {}
    for number in range(2):
        with (tmp_path / f"screen {number}").open("wb") as screen:
            process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=screen, stderr=screen)
        (tmp_path / f"screen {number}").rename(tmp_path / f"screen.{process.pid}")
        started[process.pid] = process
    until(lambda: len(list(tmp_path.glob("ready.*"))) == 2 or any(p.poll() is not None for p in started.values()))
    (tmp_path / "go").touch()
    yield started
    for process in started.values():
        process.kill()
        process.wait()


def makers(folder: Path) -> set[int]:
    return {int(path.suffix[1:]) for path in folder.glob("maker.*")}


class Idle(Here):
    """Must not be asked for anything."""

    def launch(self, job: Path, *, stage: object) -> None:
        raise AssertionError("it was there already")


def test_one_makes_it_the_others_wait_and_a_dead_one_blocks_nobody(
    runs: dict[int, subprocess.Popen[bytes]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = step(tmp_path / "store")
    said = f"waiting for index_data {wanted.artifact.fingerprint}: another run is making it"

    until(lambda: bool(makers(tmp_path)))
    (first,) = makers(tmp_path)
    (second,) = runs.keys() - {first}
    screen = tmp_path / f"screen.{second}"
    until(lambda: said in screen.read_text() or makers(tmp_path) != {first})
    assert makers(tmp_path) == {first}
    assert is_held(wanted.artifact)

    os.kill(first, signal.SIGKILL)
    until(lambda: makers(tmp_path) == {first, second})
    assert is_held(wanted.artifact)

    # This process is the third that needs it; it goes on when the second is done.
    Timer(1.0, (tmp_path / "proceed").touch).start()
    make(wanted, crew=Idle())
    assert wanted.artifact.state() == "cached"
    assert capsys.readouterr().out.count(said) == 1
    assert runs[second].wait(PATIENCE) == 0
    assert screen.read_text().count("waiting for") == 1
    assert said not in (tmp_path / f"screen.{first}").read_text()
    assert not is_held(wanted.artifact)
    data = (wanted.artifact.items / "index.json").read_bytes()
    assert len(Index.from_json(data, root=wanted.artifact.items).records) == 3


def is_held(artifact: Artifact) -> bool:
    try:
        with artifact.lock().acquire(timeout=0):
            return False
    except Timeout:
        return True


def test_nobody_is_told_to_wait_where_nobody_has_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(step(tmp_path), crew=Here())
    make(step(tmp_path), crew=Idle())
    assert "waiting" not in capsys.readouterr().out
