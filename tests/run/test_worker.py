"""A worker gets a frozen file and nothing else."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import killable
import pytest
import torch
import yaml
from toy_runs import Run, contents

from wsss.engine.batch import Records
from wsss.engine.shard import Hands, Work
from wsss.errors import DataError
from wsss.run.worker import freeze, main, work
from wsss.signals import Ended


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
    subprocess.run(
        [sys.executable, "-m", "wsss.run.worker", str(job), str(os.getpid())], check=True, capture_output=True
    )
    assert step.artifact.state() == "cached"
    assert contents(step.artifact.items) == before


def test_a_finished_artifact_is_left_alone(toy_run: Run) -> None:
    step = toy_run.plan()["make_masks"]
    before = step.artifact.manifest_path.stat().st_mtime_ns
    work(step.artifact.job)
    assert step.artifact.manifest_path.stat().st_mtime_ns == before


def test_nothing_is_complete_before_all_workers_are_done(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = toy_run.copied(tmp_path).plan()["make_masks"]
    step.artifact.manifest_path.unlink()
    met: list[str] = []
    monkeypatch.setattr("wsss.run.worker.barrier", lambda: met.append(step.artifact.state()))
    work(freeze(step, command="wsss run"))
    assert met == ["resume", "cached"]


class Killed:
    """A pool of which one worker leaves half a file, and another makes all."""

    threads = 1
    machine = None

    def made(self, work: Work, batches: Sequence[Records]) -> Generator[int]:
        (work.items.folder / ".half.png.6885784d").write_bytes(b"half")
        hands = Hands(work, torch.device("cpu"))
        for batch in batches:
            yield hands.make(batch)


def test_what_a_killed_process_of_a_pool_left_is_swept(toy_run: Run, tmp_path: Path) -> None:
    step = toy_run.copied(tmp_path).plan()["make_masks"]
    before = contents(step.artifact.items)
    step.artifact.manifest_path.unlink()
    for path in step.artifact.items.iterdir():
        path.unlink()
    work(freeze(step, command="wsss run"), pool=Killed())
    assert step.artifact.state() == "cached"
    assert contents(step.artifact.items) == before


def test_no_manifest_is_there_while_another_worker_is_slow(toy_run: Run, tmp_path: Path) -> None:
    step = toy_run.copied(tmp_path).plan()["make_masks"]
    before = contents(step.artifact.items)
    step.artifact.discard()
    step.artifact.manifest_path.unlink()
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    job = freeze(step, command="wsss run")
    both = [killable.start_one_of_two(job, rank, port, tmp_path) for rank in range(2)]
    try:
        while not (tmp_path / "waits").exists():
            assert all(process.is_alive() for process in both)
            time.sleep(0.05)
        time.sleep(1)  # enough for the first to go on, if it did not wait
        assert step.artifact.state() == "resume"
    finally:
        (tmp_path / "go").touch()
        for process in both:
            process.join(timeout=60)
    assert [process.exitcode for process in both] == [0, 0]
    assert step.artifact.state() == "cached"
    assert contents(step.artifact.items) == before


@pytest.mark.parametrize(
    ("raised", "code"), [(DataError("a.png is damaged"), 2), (Ended(signal.SIGTERM), 143), (Ended(signal.SIGINT), 130)]
)
def test_how_a_worker_ended_is_its_exit_code(raised: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_job: Path) -> None:
        raise raised

    monkeypatch.setattr("wsss.run.worker.work", fails)
    monkeypatch.setattr("wsss.run.worker.end_with_parent", lambda _: None)
    monkeypatch.setattr("sys.argv", ["worker", "stage.yaml", "1", "1"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
