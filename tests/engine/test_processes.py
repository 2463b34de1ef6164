"""Which worker this is, and what ends it."""

import subprocess
import sys
import time

import pytest

from wsss.engine.processes import World, launched, world


def test_alone_without_a_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert world() == World(rank=0, size=1, local_rank=0, local_size=1)
    assert not launched()


def test_a_rank_without_a_size_is_another_program_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert world() == World(rank=0, size=1, local_rank=0, local_size=1)


def test_torchrun_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": 13, "WORLD_SIZE": 32, "LOCAL_RANK": 5, "LOCAL_WORLD_SIZE": 8}.items():
        monkeypatch.setenv(name, str(value))
    assert world() == World(rank=13, size=32, local_rank=5, local_size=8)
    assert world().machines == 4
    assert launched()


def test_the_machine_s_cores_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(16)))
    monkeypatch.setattr("wsss.cores.quota", lambda: 64.0)
    assert World(size=8, local_size=8).cores == 2
    assert World(size=3, local_size=3).cores == 5
    assert World(size=64, local_size=64).cores == 1
    monkeypatch.setenv("WSSS_CORES", "4")
    assert World().cores == 4
    assert World(size=2, local_size=2).cores == 2
    monkeypatch.setenv("WSSS_CORES", "64")
    assert World().cores == 16


PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(child.pid, flush=True)
child.wait()
"""
CHILD = """
import time
import sys
from wsss.engine.processes import end_with_parent
end_with_parent(*map(int, sys.argv[1:]))
print("ready", flush=True)
time.sleep(600)
"""


def test_a_worker_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert {parent.stdout.readline().strip().isdigit(), parent.stdout.readline().strip() == "ready"} == {True}
    parent.kill()
    parent.wait()
    # The pipe ends when its last writer, the child, is gone.
    started = time.monotonic()
    assert parent.stdout.read() == ""
    assert time.monotonic() - started < 60
    parent.stdout.close()


def test_a_worker_ends_whose_parent_was_killed_before_it_could_look() -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(dead.pid)], stdout=subprocess.DEVNULL)
    assert child.wait(timeout=60) == 1
