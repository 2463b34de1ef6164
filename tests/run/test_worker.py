"""A worker gets a frozen file and nothing else."""

import subprocess
import sys
from pathlib import Path

import yaml
from toy_runs import Run, contents

from wsss.run.worker import freeze, work


def test_a_frozen_job_names_no_path_of_the_store(toy_run: Run) -> None:
    for step in toy_run.plan().values():
        text = step.artifact.job.read_text(encoding="utf-8")
        assert str(toy_run.store) not in yaml.safe_dump(yaml.safe_load(text)["config"])


def test_a_worker_of_its_own_makes_the_same_artifact(toy_run: Run, tmp_path: Path) -> None:
    step = toy_run.copied(tmp_path).plan()["make_masks"]
    before = contents(step.artifact.items)
    step.artifact.manifest_path.unlink()
    for path in step.artifact.items.iterdir():
        path.unlink()
    job = freeze(step, command="wsss run")
    subprocess.run([sys.executable, "-m", "wsss.run.worker", str(job)], check=True, capture_output=True)
    assert step.artifact.state() == "cached"
    assert contents(step.artifact.items) == before


def test_a_finished_artifact_is_left_alone(toy_run: Run) -> None:
    step = toy_run.plan()["make_masks"]
    before = step.artifact.manifest_path.stat().st_mtime_ns
    work(step.artifact.job)
    assert step.artifact.manifest_path.stat().st_mtime_ns == before
