#!/usr/bin/env python
"""Plant faults one by one in copies of the repository, and see whether a test notices each.

    .venv/bin/python scripts/plant_faults.py                  all faults of tests/faults/
    .venv/bin/python scripts/plant_faults.py cams store       those of two areas
    .venv/bin/python scripts/plant_faults.py --random 150     operators, numbers and arguments changed by chance
    .venv/bin/python scripts/plant_faults.py --unchanged      no fault: the same tests, which should all pass

A fault costs the tests that should see it, in a process that is forked where all libraries are imported already.
"""

import argparse
import importlib
import os
import random
import resource
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import pytest
import yaml
from mutants import mutants

ROOT: Final = Path(__file__).resolve().parents[1]
FAULTS: Final = ROOT / "tests" / "faults"
LIBRARIES: Final = (
    *("torch", "torchvision", "timm", "segmentation_models_pytorch", "pytorch_lightning", "omegaconf"),
    *("albumentations", "sklearn.cluster", "scipy.ndimage", "matplotlib.figure", "pydantic"),
    *("safetensors.torch", "rich.console", "jinja2", "filelock"),
)
"""What tests import and no fault is planted in."""
NOT_COPIED: Final = (".venv", ".git", ".*_cache", "__pycache__", "outputs", "runs", "_build", "*.egg-info")
PATIENCE: Final = 300
"""CPU seconds for the tests of one fault: a busy machine takes none of them away."""
ASLEEP: Final = 1800.0
"""Seconds until the tests of a fault have to end, since those that wait for ever take no CPU."""

Outcome = Literal["caught", "survived", "too late", "no tests", "no text"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A change of one file, and the tests that should see it."""

    area: str
    what: str
    file: str
    old: str
    new: str
    tests: str

    @property
    def fits(self) -> bool:
        """Whether the text to be replaced is there once."""
        return (ROOT / self.file).read_text(encoding="utf-8").count(self.old) == 1

    def plant(self, copy: Path) -> None:
        """Write the fault; its time of change differs from that of any compiled file."""
        path = copy / self.file
        text = (ROOT / self.file).read_text(encoding="utf-8")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")
        os.utime(path, (time.time() + 100, time.time() + 100))

    def heal(self, copy: Path) -> None:
        """Put the file back."""
        shutil.copy2(ROOT / self.file, copy / self.file)


@dataclass(frozen=True, kw_only=True)
class Running:
    """The tests of a planted fault, in a process of their own."""

    fault: Fault
    copy: Path
    pid: int
    until: float


def listed(areas: Sequence[str]) -> list[Fault]:
    """Return the faults of some areas, or of all."""
    files = [path for path in sorted(FAULTS.glob("*.yaml")) if not areas or path.stem in areas]
    return [Fault(area=path.stem, **entry) for path in files for entry in yaml.safe_load(path.read_text("utf-8"))]


def drawn(count: int, *, random_seed: int) -> list[Fault]:
    """Return faults that follow from the syntax of the core, drawn by chance."""
    every = [Fault(area=f"random {each.area}", **each.entry) for each in mutants(ROOT)]
    return random.Random(random_seed).sample(every, min(count, len(every)))


def outcomes(faults: Sequence[Fault], *, jobs: int) -> Iterator[tuple[Fault, Outcome, str]]:
    """Yield what became of each fault, with the first test that saw it."""
    for library in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(library)
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder, str(number)) for number in range(jobs)]
        for copy in copies:
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        yield from ((fault, "no text", "bring it up to date") for fault in faults if not fault.fits)
        waiting, running = [fault for fault in faults if fault.fits], list[Running]()
        while waiting or running:
            free = [copy for copy in copies if copy not in [each.copy for each in running]]
            for copy, fault in zip(free, waiting[: len(free)], strict=False):
                running.append(started(fault, copy))
            waiting = waiting[len(free) :]
            time.sleep(0.1)
            for each in list(running):
                if (outcome := ended(each)) is not None:
                    running.remove(each)
                    each.fault.heal(each.copy)
                    yield each.fault, outcome, first_failure(each.copy)


def started(fault: Fault, copy: Path) -> Running:
    """Plant a fault and fork a process that runs its tests."""
    fault.plant(copy)
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(tested(fault, copy))
        finally:  # nothing that is raised may clean up after the parent
            os._exit(pytest.ExitCode.INTERNAL_ERROR)
    return Running(fault=fault, copy=copy, pid=pid, until=time.monotonic() + ASLEEP)


def tested(fault: Fault, copy: Path) -> int:
    """Run the tests of a fault in this process, which is then of no other use."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    sys.path[:0] = [str(copy)]
    sys.dont_write_bytecode = False  # compiled files of a planted one are known by its time, and all others serve again
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    screen = os.open(copy / ".screen", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(screen, 1)
    os.dup2(screen, 2)
    own = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "-m", "not slow and not endurance", "--tb=no"]
    own += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # libraries are imported already
    return int(pytest.main([*own, f"--basetemp={copy / '.temporary'}", *shlex.split(fault.tests)]))


def ended(running: Running) -> Outcome | None:
    """Return what became of a fault, None while its tests run; those that take too long are ended."""
    pid, status = os.waitpid(running.pid, os.WNOHANG)
    if pid == 0 and time.monotonic() < running.until:
        return None
    with suppress(ProcessLookupError):  # processes that its tests started may be left
        os.killpg(running.pid, signal.SIGKILL)
    if pid == 0:
        os.waitpid(running.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if pid == 0 or code in (-signal.SIGXCPU, -signal.SIGKILL):  # what the system sends once CPU seconds are spent
        return "too late"
    seen = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)  # the second where nothing can be imported
    return "survived" if code == 0 else "caught" if code in seen else "no tests"


def first_failure(copy: Path) -> str:
    """Return the first test that failed, as pytest names it."""
    lines = (copy / ".screen").read_text(encoding="utf-8", errors="replace").splitlines()
    return next(
        (line.split(" - ")[0] for line in lines if line.startswith(("FAILED", "ERROR"))), lines[-1] if lines else ""
    )


def table(results: Sequence[tuple[Fault, Outcome, str]]) -> str:
    """Return how many faults of each area were caught."""
    areas: dict[str, list[bool]] = defaultdict(list)
    for fault, outcome, _ in results:
        areas[fault.area].append(outcome == "caught")
        areas["all"].append(outcome == "caught")
    rows = [
        f"{area:24} {sum(caught):4} of {len(caught):4}  {100 * sum(caught) / len(caught):5.1f} %"
        for area, caught in areas.items()
        if area != "all" or len(areas) > 2
    ]
    return "\n".join(rows)


def main() -> None:
    """Plant, and print what survived as soon as it does, then the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("areas", nargs="*", help="names of files in tests/faults, without .yaml; all if not given")
    parser.add_argument(
        "--random", type=int, default=0, metavar="N", help="so many faults by chance, in place of those"
    )
    parser.add_argument("--random-seed", type=int, default=0)
    parser.add_argument("--unchanged", action="store_true", help="plant nothing: all tests of the faults should pass")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    faults = drawn(asked.random, random_seed=asked.random_seed) if asked.random else listed(asked.areas)
    if asked.unchanged:
        faults = list({fault.tests: replace(fault, what=fault.tests, new=fault.old) for fault in faults}.values())
    results = []
    for result in outcomes(faults, jobs=asked.jobs):
        results.append(result)
        fault, outcome, by = result
        print(f"{len(results)}/{len(faults)} {outcome:9} {fault.area}: {fault.what} ({fault.file}) {by}", flush=True)
    print(table(results))


if __name__ == "__main__":
    main()
