"""A worker is killed and a machine of a Ray cluster is lost, both at random: the same bytes as without a cluster."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from e2e.two_machines import OPEN, TwoMachines, family, title
from interpreters import typed
from toy_runs import SMALL, contents

pytestmark = pytest.mark.endurance

FEW = tuple(word.replace(", ", ",") for word in SMALL if not word.startswith(("views", "refine")))
MAPS = (*FEW, "refine=crf", "until=make_masks", "dataset.train=40", "views.scales=[1.0,0.5,1.5]")
RUNS = (*FEW, "refine=background", "until=make_masks", "views.scales=[1.0]", "random_seed=0,1", "cam=cam,gradcam")
STAGES = ("index_data", "train_classifier", "extract_cams", "refine_cams", "make_masks", "evaluate")
TIMES = 10
PATIENCE = 540
"""Seconds that a busy machine gets."""


def ended(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    assert process.wait(PATIENCE) == 0, (folder / "screen.txt").read_text(encoding="utf-8")[-3000:]


def results(folder: Path) -> dict[str, bytes]:
    """The bytes of all that stages made, but for pages, which name times."""
    every = contents(folder / "runs")
    return {name: data for name, data in every.items() if re.match(rf"({'|'.join(STAGES)})/\w+/items/", name)}


def command(kind: str, address: str | None = None) -> tuple[str, ...]:
    """What is typed, by itself or on a cluster."""
    if kind == "maps":
        on_ray = ("launcher=ray", f"launcher.address={address}", "launcher.threads=1")
        return "run", *MAPS, *(on_ray if address else ())
    return "sweep", "few", *RUNS, *((f"ray.address={address}", "jobs=2") if address else ())


def moments(folder: Path, kind: str) -> int:
    """How far a command is: finished items of Map stages, or finished stages of a sweep."""
    return len(list((folder / "runs").glob("*_*s/*/items/*" if kind == "maps" else "*/*/manifest.json")))


@pytest.fixture(scope="module", params=["maps", "sweep"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def undisturbed(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same command without Ray."""
    folder = tmp_path_factory.mktemp(kind)
    with typed(folder, *command(kind), variables=OPEN) as process:
        ended(process, folder)
    return folder


@pytest.mark.parametrize("random_seed", range(TIMES))
def test_a_worker_and_a_machine_are_lost(random_seed: int, kind: str, undisturbed: Path, tmp_path: Path) -> None:
    rng, met = random.Random(random_seed), []
    early = moments(undisturbed, kind) * 2 // 3  # so that both are met before the end
    counts = sorted(rng.sample(range(early), 2))
    cluster = TwoMachines(tmp_path)
    try:
        with typed(tmp_path, *command(kind, cluster.address), variables=OPEN) as process:
            for lost, count in zip(rng.sample(["worker", "machine"], 2), counts, strict=True):
                if not (
                    workers := busy(cluster, process, until=lambda wanted=count: moments(tmp_path, kind) >= wanted)
                ):
                    break
                time.sleep(rng.uniform(0, 0.5))
                if lost == "machine":
                    cluster.switch_off()
                else:
                    with suppress(ProcessLookupError):
                        os.kill(rng.choice(workers), signal.SIGKILL)
                met.append(f"{lost} after {count}")
            ended(process, tmp_path)
    finally:
        cluster.end()
    sys.stdout.write(f"\n{kind} {random_seed}: {', '.join(met)}\n")
    assert len(met) == 2
    assert results(tmp_path).keys() == results(undisturbed).keys()
    assert results(tmp_path) == results(undisturbed)


def test_a_cluster_ends_with_the_tests_that_a_kill_ends(tmp_path: Path) -> None:
    code = (
        f"import sys, time; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); from pathlib import Path; "
        f"from e2e.two_machines import TwoMachines; cluster = TwoMachines(Path({str(tmp_path)!r})); "
        "print('up', flush=True); time.sleep(3600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        begun = [each for each in family(process.pid) if each != process.pid]
        assert sum("/raylet/raylet " in title(each) for each in begun) == 2
        process.kill()
    end = time.monotonic() + 30
    while left := [each for each in begun if title(each)]:
        assert time.monotonic() < end, [title(each) for each in left]
        time.sleep(0.1)


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[TwoMachines]:
    """A cluster whose head has no core: all work is the second machine's."""
    cluster = TwoMachines(tmp_path, head_cores=0)
    try:
        yield cluster
    finally:
        cluster.end()


def said(folder: Path) -> str:
    return (folder / "screen.txt").read_text(encoding="utf-8")


def lose_all(cluster: TwoMachines, process: "subprocess.Popen[bytes]", folder: Path, *, after: int, kind: str) -> None:
    assert busy(cluster, process, until=lambda: moments(folder, kind) >= after), said(folder)[-3000:]
    cluster.switch_off()


def test_a_command_without_any_machine_ends_and_goes_on_when_one_is_there(
    kind: str, undisturbed: Path, lonely: TwoMachines, tmp_path: Path
) -> None:
    key = "launcher.wait_minutes" if kind == "maps" else "ray.wait_minutes"
    with typed(tmp_path, *command(kind, lonely.address), f"{key}=0.1", variables=OPEN) as process:
        lose_all(lonely, process, tmp_path, after=3, kind=kind)
        assert process.wait(PATIENCE) == 1, said(tmp_path)[-3000:]
    there = moments(tmp_path, kind)
    last = said(tmp_path).splitlines()[-1]
    sys.stdout.write(f"\n{kind}: {last}\n")
    assert re.fullmatch(
        r"wsss: Ray has no machine for \w+ \(1 core\)(, \w+ \(1 core\))*; alive: 1 machine with 0 cores; "
        rf"waited \S+ s \({key}\)\. What is finished is kept: start a machine and run the same command again, .*",
        last,
    )
    lonely.switch_on()
    with typed(tmp_path, *command(kind, lonely.address), variables=OPEN) as process:
        ended(process, tmp_path)
    assert there >= 3
    assert results(tmp_path) == results(undisturbed)


def test_a_machine_that_comes_back_in_time_goes_on(
    kind: str, undisturbed: Path, lonely: TwoMachines, tmp_path: Path
) -> None:
    with typed(tmp_path, *command(kind, lonely.address), variables=OPEN) as process:
        lose_all(lonely, process, tmp_path, after=3, kind=kind)
        while "for 10 min 00 s at most" not in said(tmp_path):
            assert process.poll() is None, said(tmp_path)[-3000:]
            time.sleep(0.1)
        lonely.switch_on()
        ended(process, tmp_path)
    assert "Ray has such a machine again, after" in said(tmp_path)
    assert results(tmp_path) == results(undisturbed)


def busy(cluster: TwoMachines, process: "subprocess.Popen[bytes]", *, until: Callable[[], bool]) -> list[int]:
    """Wait until a command is so far and workers are at work for it, and return them; none once it has ended."""
    while process.poll() is None:
        if until() and (workers := cluster.workers()):
            return workers
        time.sleep(0.02)
    return []
