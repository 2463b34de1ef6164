"""The cores that this process may use: those that it may run on, and the share of their time that it is given."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

GROUPS: Final = Path("/proc/self/cgroup")
"""Where Linux says to which control groups a process belongs."""
MOUNTED: Final = Path("/sys/fs/cgroup")
WAITING: Final = "OMP_WAIT_POLICY"
"""The variable by which OpenMP is told what its threads do while they wait."""
THREADS: Final = "OMP_NUM_THREADS"
"""The variable by which whoever starts a process says how many threads compute in it."""


def usable_cores() -> int:
    """Return how many cores this process may keep busy, at least one.

    A container or a job with a quota of 2.5 cores may run on all of the machine's, and is halted as soon as it has used
    its share: more threads than that wait for each other.
    """
    return max(1, int(min(allowed_cores(), quota())))


def allowed_cores() -> int:
    """Return on how many cores this process may run at all; only Linux says which, elsewhere it is all of them."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def readers() -> int:
    """Return how many threads read files, which wait for a disk or a server most of the time: no more than eight."""
    return min(8, usable_cores())


def quota() -> float:
    """Return the cores' worth of time that control groups grant this process; infinite where nothing limits it."""
    try:
        groups = GROUPS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # another system
        return math.inf
    return min((found for line in groups for found in _of_group(line)), default=math.inf)


def keep_within() -> None:
    """Let this process, and those that it starts, get on with others on the machine; call it before torch is there.

    Threads that have nothing to do sleep. By default they look for work all the time, which keeps those from their
    cores that they wait for: where others compute, a step of a training took 70 to 130 times as long. There are no more
    threads than the quota, which torch does not know. What somebody chose stays.
    """
    os.environ.setdefault(WAITING, "PASSIVE")
    if THREADS not in os.environ and usable_cores() < allowed_cores():
        os.environ[THREADS] = str(usable_cores())


def _of_group(line: str) -> Iterator[float]:
    """Yield the limits of a group and of those that it lies in; a line is `number:controllers:path`."""
    _, controllers, path = [*line.split(":", 2), "", ""][:3]
    if controllers == "":
        yield from (_second(folder) for folder in _upward(MOUNTED, path))
    elif "cpu" in controllers.split(","):
        yield from (_first(folder) for name in (controllers, "cpu") for folder in _upward(MOUNTED / name, path))


def _upward(top: Path, path: str) -> list[Path]:
    """Return the folders of a group and of all above it: a container finds its own at the top."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    return [top.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1)]


def _second(folder: Path) -> float:
    """Return the limit in `cpu.max` of the second version: `quota period` in microseconds, or `max period`."""
    limit, _, period = _text(folder / "cpu.max").partition(" ")
    return _share(limit, period)


def _first(folder: Path) -> float:
    """Return the limit of the first version, where -1 is none."""
    return _share(_text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us"))


def _share(limit: str, period: str) -> float:
    if not (limit.isdigit() and period.isdigit() and int(limit) and int(period)):
        return math.inf
    return int(limit) / int(period)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
