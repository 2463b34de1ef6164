"""Several processes, and several machines, on the CPU."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import killable
import pytest
import torch
from stored_networks import tensors_of
from toy_runs import SMALL, Run, contents, limited

from wsss.data.index import Index
from wsss.errors import ConfigError, WsssError
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import Step
from wsss.run.torchrun import ALONE, Torchrun
from wsss.signals import Ended, ended_by_signals
from wsss.store.store import Artifact
from wsss.training.loggers.history import HISTORY, read_history
from wsss.training.trainer import resume_from

STARTED = {"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_NNODES": "4", "SLURM_NODEID": "2", "SLURM_JOB_ID": "412345"}


@pytest.fixture(autouse=True)
def _outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*STARTED, "WORLD_SIZE", "SLURM_NODELIST"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def _forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Saves most of the seconds of a worker; slow tests start interpreters, as a run does."""
    monkeypatch.setattr("wsss.run.torchrun.elastic_launch", killable.launch)


def emptied(step: Step) -> dict[str, bytes]:
    """Take an artifact's items away; return what they were."""
    before = contents(step.artifact.items)
    step.artifact.manifest_path.unlink()
    for name in before:
        (step.artifact.items / name).unlink()
    return before


def test_alone_it_meets_nobody() -> None:
    options = Torchrun(nproc=3)
    options.check()
    assert (options.processes(), options.machines(), options.rank(), options.place()) == (3, 1, 0, ALONE)


def test_slurm_says_who_and_where(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**STARTED, "SLURM_NODELIST": "gpu[07-09,12]"}.items():
        monkeypatch.setenv(name, value)
    options = Torchrun(nproc=8)
    options.check()
    assert (options.machines(), options.rank(), options.place()) == (4, 2, "gpu07:17345")
    assert Torchrun(nproc=8, node_rank=1, rendezvous="head:1234").place() == "head:1234"


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        ({"nnodes": 2}, {}, "launcher.rendezvous: 2 machines need host:port"),
        ({"nnodes": 2, "node_rank": 2, "rendezvous": "a:1"}, {}, "launcher.node_rank: 2 is not in 0 .. 1"),
        ({"nnodes": 2, "rendezvous": "head"}, {}, "launcher.rendezvous: head is not host:port"),
        ({}, {"WORLD_SIZE": "2"}, "call wsss, not torchrun"),
        ({}, {**STARTED, "SLURM_NTASKS": "32"}, "SLURM started 32 tasks; use --ntasks-per-node=1"),
    ],
)
def test_machines_that_could_not_meet_are_refused(
    options: dict[str, Any], environment: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=said):
        Torchrun(**options).check()


@pytest.mark.parametrize("name", ["nproc", "nnodes", "threads"])
def test_numbers_are_positive(name: str) -> None:
    options: dict[str, Any] = {name: 0}
    with pytest.raises(ValueError, match=f"{name} must be at least 1"):
        Torchrun(**options)


@pytest.mark.usefixtures("_forked")
def test_two_workers_make_the_same_bytes_and_weights(toy_run: Run, tmp_path: Path) -> None:
    several_make_the_same(toy_run.copied(tmp_path), processes=2)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 3])
def test_one_and_three_workers_do_too(processes: int, toy_run: Run, tmp_path: Path) -> None:
    several_make_the_same(toy_run.copied(tmp_path), processes=processes)


def several_make_the_same(copy: Run, *, processes: int) -> None:
    # A batch of 6 divides among 1, 2 and 3; trainings with it were not run before, so here they are first run alone.
    # The classifier's batch norm is frozen, that of the segmentation network learns.
    trainings = [
        copy.plan("limits.batch_size=6")["train_classifier"],
        copy.plan(limited("train_segmenter", epochs=3, batch_size=6))["train_segmenter"],
    ]
    alone = []
    for step in trainings:
        make(step, crew=Here())
        alone.append(weights_of(step))
        emptied(step)
    with Torchrun(nproc=processes, threads=1).open() as crew:
        for step in trainings:
            make(step, crew=crew)
        for step in (copy.plan()["extract_cams"], copy.plan()["refine_cams"]):
            before = emptied(step)
            make(step, crew=crew)
            assert contents(step.artifact.items) == before
    for step, expected in zip(trainings, alone, strict=True):
        together = weights_of(step)
        assert max(float((expected[key] - together[key]).abs().max()) for key in expected) <= 1e-5


@pytest.mark.usefixtures("_forked")
def test_two_workers_make_the_same_packs(toy_run: Run, tmp_path: Path) -> None:
    several_make_the_same_packs(toy_run.copied(tmp_path), processes=2)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 3])
def test_one_and_three_workers_make_them_too(processes: int, toy_run: Run, tmp_path: Path) -> None:
    several_make_the_same_packs(toy_run.copied(tmp_path), processes=processes)


def several_make_the_same_packs(copy: Run, *, processes: int) -> None:
    for name in ("extract_cams", "make_masks"):
        step = copy.plan("runtime.pack=3")[name]
        files = emptied(step)
        make(step, crew=Here())
        whole = emptied(step)
        members: dict[str, bytes] = {}
        for data in whole.values():
            with zipfile.ZipFile(io.BytesIO(data)) as pack:
                members |= {member: pack.read(member) for member in pack.namelist()}
        assert members == files
        assert all(re.fullmatch(r"packs/\d{8}\.zip", name) for name in whole)
        assert len(whole) == 3
        with Torchrun(nproc=processes, threads=1).open() as crew:
            make(step, crew=crew)
        assert contents(step.artifact.items) == whole


def weights_of(step: Step) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = tensors_of(step.artifact)
    return state


@pytest.mark.usefixtures("_forked")
def test_a_worker_that_fails_is_named_and_the_others_work_stays(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    step = copy.plan()["extract_cams"]
    before = emptied(step)
    index = Index.from_json(
        (copy.plan()["index_data"].artifact.items / "index.json").read_bytes(),
        root=copy.plan()["index_data"].artifact.items,
    )
    *_, last = step.stage.batches(index)  # type: ignore[attr-defined]
    image = index.image_path(last[0])
    content = image.read_bytes()
    image.write_bytes(content[:200])
    made_again(copy.plan()["index_data"].artifact)  # otherwise it is refused as damaged, before any worker reads it
    with (
        Torchrun(nproc=2, threads=1).open() as crew,
        pytest.raises(WsssError, match=rf"(?s)^extract_cams: worker [12] failed: .*{image.name}.*goes on from there"),
    ):
        make(step, crew=crew)
    left = contents(step.artifact.items)
    assert 0 < len(left) < len(before)
    image.write_bytes(content)
    made_again(copy.plan()["index_data"].artifact)
    with Torchrun(nproc=2, threads=1).open() as crew:
        make(step, crew=crew)
    assert contents(step.artifact.items) == before


@pytest.mark.usefixtures("_forked")
def test_a_signal_is_passed_on_to_the_workers(toy_run: Run, tmp_path: Path) -> None:
    step = toy_run.copied(tmp_path).plan("limits.batch_size=6", "limits.epochs=9999")["train_classifier"]
    folder = step.artifact.path

    def send() -> None:
        while not (folder / HISTORY).exists() or len(read_history(folder / HISTORY)) < 5:
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGUSR1)

    threading.Thread(target=send, daemon=True).start()
    with Torchrun(nproc=2, threads=1).open() as crew, pytest.raises(Ended, match="SIGUSR1"), ended_by_signals():
        make(step, crew=crew)
    for name in ("log.txt", "log.1.txt"):
        assert "INFO ended by SIGUSR1\n" in (folder / name).read_text(encoding="utf-8")
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.usefixtures("_forked")
def test_a_ctrl_c_lets_the_workers_finish_their_step(
    toy_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = [toy_run.copied(tmp_path / name) for name in ("ended", "undisturbed")]
    steps = [copy.plan(limited("train_segmenter", epochs=40, batch_size=6))["train_segmenter"] for copy in copies]
    folder = steps[0].artifact.path

    def send() -> None:
        while not (folder / HISTORY).exists() or len(read_history(folder / HISTORY)) < 3:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=send, daemon=True).start()
    with Torchrun(nproc=2, threads=1).open() as crew:
        with pytest.raises(Ended, match="SIGINT"), ended_by_signals():
            make(steps[0], crew=crew)
        assert "finishing this step; again to stop now" in capsys.readouterr().out
        for name in ("log.txt", "log.1.txt"):
            assert "INFO ended by SIGINT\n" in (folder / name).read_text(encoding="utf-8")
        kept = resume_from(folder / "checkpoints")
        assert kept is not None
        assert kept.step == 1 + max(row.step for row in read_history(folder / HISTORY))
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]
        for step in steps:
            make(step, crew=crew)
    ended, undisturbed = (weights_of(step) for step in steps)
    assert all(torch.equal(ended[name], tensor) for name, tensor in undisturbed.items())
    assert read_history(folder / HISTORY) == read_history(steps[1].artifact.path / HISTORY)


@pytest.mark.slow
@pytest.mark.usefixtures("_forked")
def test_workers_that_are_killed_go_on_in_the_middle_of_an_epoch(toy_run: Run, tmp_path: Path) -> None:
    options = (limited("train_segmenter", epochs=6, batch_size=2), "trainer.runtime.checkpoint_seconds=0")
    plans = [toy_run.copied(tmp_path / name).plan(*options) for name in ("killed", "undisturbed")]
    killed, undisturbed = (plan["train_segmenter"] for plan in plans)
    log, history = killed.artifact.path / "log.1.txt", killed.artifact.path / HISTORY

    def kill() -> None:
        while not history.exists() or len(read_history(history)) < 6:
            time.sleep(0.01)
        (pid,) = re.findall(r"process (\d+) on", log.read_text(encoding="utf-8"))
        os.kill(int(pid), signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    with Torchrun(nproc=2, threads=1).open() as crew:
        with pytest.raises(WsssError, match="worker 2 failed"):
            make(killed, crew=crew)
        kept = resume_from(killed.artifact.checkpoints)
        assert kept is not None
        assert kept.step % 4 != 0  # 8 images in batches of 2
        for step in (killed, undisturbed):
            make(step, crew=crew)
    first, second = weights_of(killed), weights_of(undisturbed)
    assert all(torch.equal(first[name], tensor) for name, tensor in second.items())
    assert read_history(history) == read_history(undisturbed.artifact.path / HISTORY)


@pytest.mark.usefixtures("_forked")
def test_a_sigint_to_one_of_two_workers_ends_both(toy_run: Run, tmp_path: Path) -> None:
    step = toy_run.copied(tmp_path).plan("limits.batch_size=6", "limits.epochs=9999")["train_classifier"]
    folder = step.artifact.path

    def send() -> None:
        while not (folder / HISTORY).exists() or len(read_history(folder / HISTORY)) < 3:
            time.sleep(0.05)
        (process,) = re.findall(r"process (\d+) on", (folder / "log.1.txt").read_text(encoding="utf-8"))
        os.kill(int(process), signal.SIGINT)

    threading.Thread(target=send, daemon=True).start()
    with Torchrun(nproc=2, threads=1).open() as crew, pytest.raises(Ended, match="SIGINT"), ended_by_signals():
        make(step, crew=crew)
    assert "INFO ended by SIGINT\n" in (folder / "log.1.txt").read_text(encoding="utf-8")
    assert step.artifact.state() != "cached"
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    for name in ("log.txt", "log.1.txt"):
        (process,) = re.findall(r"process (\d+) on", (folder / name).read_text(encoding="utf-8"))
        assert not Path(f"/proc/{process}").exists()


@pytest.mark.usefixtures("_forked")
def test_a_ctrl_c_lets_workers_finish_their_batches(toy_run: Run, tmp_path: Path) -> None:
    step = toy_run.copied(tmp_path).plan()["extract_cams"]
    before = emptied(step)
    stop = threading.Event()

    def send() -> None:
        while not any(path.suffix == ".npz" for path in step.artifact.items.rglob("*")):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        stop.set()

    threading.Thread(target=send, daemon=True).start()
    with Torchrun(nproc=2, threads=1).open() as crew:
        with pytest.raises(Ended, match="SIGINT"), ended_by_signals():
            make(step, crew=crew)
        assert stop.is_set()
        assert 0 < len(contents(step.artifact.items)) <= len(before)
        make(step, crew=crew)
    assert contents(step.artifact.items) == before


def made_again(artifact: Artifact) -> None:
    """Let the manifest list the files as they are now."""
    manifest = artifact.manifest()
    artifact.complete(
        kind=manifest.kind,
        inputs=manifest.inputs,
        seconds=manifest.seconds,
        threads=1,
        summary=manifest.summary,
    )


@pytest.mark.slow
def test_two_machines_meet_and_share_the_work(toy_run: Run, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    store = tmp_path / "store"
    both = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "wsss", "run", *SMALL, f"store='{store}'", f"out='{tmp_path / str(rank)}'"),
                *("launcher=torchrun", "launcher.nproc=1", "launcher.nnodes=2", f"launcher.node_rank={rank}"),
                *("launcher.threads=1", f"launcher.rendezvous=localhost:{port}"),
            ],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=900)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert (tmp_path / "0" / "report.html").is_file()
    assert not (tmp_path / "1").exists()
    alone = toy_run.plan()
    for name in ("extract_cams", "refine_cams", "make_masks"):
        (folder,) = (store / name).iterdir()
        assert folder.name == alone[name].artifact.fingerprint
        assert {path.name for path in folder.glob("log*.txt")} == {"log.txt", "log.1.txt"}
