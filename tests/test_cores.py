"""Cores that may be used: of a machine whose control groups grant less, in both versions."""

import math
import os
from pathlib import Path

import pytest

from wsss import cores
from wsss.cores import allowed_cores, keep_within, quota, usable_cores


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of Linux's account of groups, and 16 cores."""
    monkeypatch.setattr(cores, "GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(cores, "MOUNTED", tmp_path / "mounted")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(16)))
    return tmp_path


def limited(machine: Path, groups: str, **limits: str) -> None:
    """Write the groups of this process, and what files below the mounted ones hold; `__` stands for a slash."""
    (machine / "cgroup").write_text(groups)
    for name, text in limits.items():
        path = machine / "mounted" / name.replace("__", "/").replace("cpu_max", "cpu.max").replace("cfs", "cpu.cfs")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_without_groups_it_is_what_a_process_may_run_on(machine: Path):
    assert quota() == math.inf
    assert allowed_cores() == usable_cores() == 16


@pytest.mark.parametrize(
    ("text", "usable"),
    [("max 100000", 16), ("250000 100000", 2), ("50000 100000", 1), ("3200000 100000", 16), ("", 16), ("torn", 16)],
)
def test_second_version(machine: Path, text: str, usable: int):
    limited(machine, "0::/jobs/mine\n", jobs__mine__cpu_max=text + "\n")
    assert usable_cores() == usable


def test_a_group_is_limited_by_those_it_lies_in(machine: Path):
    limited(machine, "0::/jobs/mine\n", jobs__mine__cpu_max="max 100000", jobs__cpu_max="300000 100000")
    assert usable_cores() == 3
    assert quota() == 3.0


def test_a_container_finds_its_limit_at_the_top(machine: Path):
    limited(machine, "0::/../../outside\n", cpu_max="400000 100000")
    assert usable_cores() == 4


@pytest.mark.parametrize(("limit", "usable"), [("150000", 1), ("600000", 6), ("-1", 16)])
@pytest.mark.parametrize("folder", ["cpu,cpuacct__docker__x", "cpu__docker__x", "cpu"])
def test_first_version(machine: Path, limit: str, usable: int, folder: str):
    limits = {f"{folder}__cfs_quota_us": limit, f"{folder}__cfs_period_us": "100000"}
    limited(machine, "11:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n", **limits)
    assert usable_cores() == usable


def test_torch_is_told_before_it_is_there(machine: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setenv("OMP_WAIT_POLICY", "")
    monkeypatch.delenv("OMP_WAIT_POLICY")
    keep_within()
    assert "OMP_NUM_THREADS" not in os.environ
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    limited(machine, "0::/\n", cpu_max="250000 100000")
    monkeypatch.setenv("OMP_NUM_THREADS", "9")
    keep_within()
    assert os.environ["OMP_NUM_THREADS"] == "9"
    monkeypatch.delenv("OMP_NUM_THREADS")
    keep_within()
    assert os.environ["OMP_NUM_THREADS"] == "2"
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
