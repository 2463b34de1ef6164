"""Whole sweeps in processes as a shell starts them: killed again and again, and on a cluster whose workers die."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from toy_runs import SMALL, contents

pytestmark = pytest.mark.endurance

WORDS = (
    *(word.replace(", ", ",") for word in SMALL if not word.startswith(("refine", "views"))),
    *("refine=background", "views.scales=[1.0]", "until=make_masks", "random_seed=0,1,2", "cam=cam,gradcam"),
    "refine.background.threshold=0.1,0.2,0.3,0.4,0.5",
)
"""Thirty runs, which share an index, three classifiers and six sets of maps."""
FEW = tuple(word.replace("=0,1,2", "=0,1").replace("=0.1,0.2,0.3,0.4,0.5", "=0.2") for word in WORDS)
STAGES = {"index_data": 1, "train_classifier": 3, "extract_cams": 6, "refine_cams": 30, "make_masks": 30}
PATIENCE = 1800
"""Seconds that a busy machine gets."""


def start(folder: Path, *more: str, words: Sequence[str] = WORDS) -> "subprocess.Popen[str]":
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "wsss", "sweep", "many", *words, *more],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def ended(process: "subprocess.Popen[str]") -> str:
    screen, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, screen[-3000:]
    return screen


def manifests(folder: Path) -> list[Path]:
    return sorted((folder / "runs").glob("*/*/manifest.json"))


def refuse_repeated(folder: Path) -> None:
    """Each stage of a fingerprint is there once, and was finished once."""
    for stage, count in STAGES.items():
        logs = list((folder / "runs" / stage).glob("*/log.txt"))
        assert len(logs) == count
        assert [log.read_text(encoding="utf-8").count(" finished\n") for log in logs] == [1] * count
    assert len(list((folder / "outputs/sweeps/many").glob("*/report.html"))) == 30


def seconds_of(paths: Sequence[Path]) -> float:
    return sum(json.loads(path.read_text(encoding="utf-8"))["seconds"] for path in paths)


def results(folder: Path) -> dict[str, bytes]:
    """The bytes of all that stages made, but for pages, which name times."""
    named = contents(folder / "runs")
    return {name: data for name, data in named.items() if re.match(rf"({'|'.join(STAGES)}|evaluate)/\w+/items/", name)}


def test_thirty_runs_survive_ten_kills_and_make_what_is_shared_once(tmp_path: Path) -> None:
    begun = time.monotonic()
    process = start(tmp_path / "calm")
    first = 0.0
    while process.poll() is None and not first:
        first = time.monotonic() if manifests(tmp_path / "calm") else 0.0
        time.sleep(0.02)
    ended(process)
    wall, work = time.monotonic() - first, seconds_of(manifests(tmp_path / "calm")[0:])
    sys.stdout.write(f"\n{wall:.0f} s after the first stage for {work:.0f} s of stages: {wall / work:.2f}\n")
    refuse_repeated(tmp_path / "calm")
    rng, folder, kills = random.Random(0), tmp_path / "disturbed", 0
    while kills < 10:
        there = len(manifests(folder))
        process = start(folder)
        wanted = there + rng.randint(1, 12)
        while process.poll() is None and len(manifests(folder)) < wanted:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.5))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
    ended(start(folder))
    sys.stdout.write(f"{kills} kills, {time.monotonic() - begun:.0f} s in all\n")
    assert kills == 10
    refuse_repeated(folder)
    assert results(folder) == results(tmp_path / "calm")


def test_a_node_goes_on_where_its_worker_on_ray_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path, "ray.address=local", "jobs=2", words=FEW)
    killed = 0
    while process.poll() is None and killed < 2:
        found = subprocess.run(["pgrep", "-f", f"sweep.child {tmp_path}"], capture_output=True, text=True, check=False)
        for child in found.stdout.split()[:1]:
            stat = Path(f"/proc/{child}/stat")
            parent = int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1]) if stat.exists() else 1
            if parent > 1:
                os.kill(parent, signal.SIGKILL)  # a worker of Ray's
                killed += 1
                time.sleep(10)
        time.sleep(0.1)
    ended(process)
    assert killed == 2
    assert len(list((tmp_path / "outputs/sweeps/many").glob("*/report.html"))) == 4
