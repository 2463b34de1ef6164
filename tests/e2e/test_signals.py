"""Signals to a whole run, as SLURM and a terminal send them, and the same command again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file
from toy_runs import SMALL, contents, limited

OPTIONS = (limited("train_classifier", epochs=30), limited("train_segmenter", epochs=12), "runtime.workers=2")
PATIENCE = 240
"""Seconds that a busy machine gets."""


def started(folder: Path) -> "subprocess.Popen[str]":
    """A run in a process group of its own."""
    places = (f"store='{folder / 'store'}'", f"out='{folder / 'out'}'")
    return subprocess.Popen(
        [sys.executable, "-m", "wsss", "run", *SMALL, *OPTIONS, *places],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def trains(stage: str) -> Callable[[Path], bool]:
    """Whether some steps of a training were made."""
    return lambda store: any(len(log.read_text().splitlines()) > 5 for log in store.glob(f"{stage}/*/history.csv"))


def begins(stage: str) -> Callable[[Path], bool]:
    """Whether a stage writes its log."""
    return lambda store: any(store.glob(f"{stage}/*/log.txt"))


def ended(folder: Path, number: signal.Signals, *, when: Callable[[Path], bool]) -> None:
    """Send a signal to all processes of a run; check what it says of it, and that all of them end.

    A Ctrl-C is sent once, so that the step at hand is finished.
    """
    process = started(folder)
    end = time.monotonic() + PATIENCE
    while not when(folder / "store"):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(process.pid, number)
    screen, _ = process.communicate(timeout=PATIENCE)  # ends when the last process that can write to it is gone
    assert process.returncode == 128 + number, screen
    assert f"wsss: ended by {number.name}. What is finished is kept: the same command goes on" in screen
    assert "Traceback" not in screen
    assert screen.count("finishing this step; again to stop now") == (number == signal.SIGINT)


def test_a_run_that_signals_ended_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    clean, folder = tmp_path / "clean", tmp_path / "disturbed"
    for each in (clean, folder):
        each.mkdir()
    undisturbed = started(clean)
    for stage, number, when in (
        ("train_classifier", signal.SIGTERM, trains),
        ("refine_cams", signal.SIGUSR1, begins),
        ("train_segmenter", signal.SIGINT, trains),
    ):
        ended(folder, number, when=when(stage))
        (log,) = (folder / "store").glob(f"{stage}/*/log.txt")
        assert f"INFO ended by {number.name}\n" in log.read_text()
    for process in (started(folder), undisturbed):
        screen, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, screen
    same_artifacts(clean / "store", folder / "store")


def same_artifacts(clean: Path, disturbed: Path) -> None:
    for stage in ("train_classifier", "extract_cams", "refine_cams", "make_masks", "train_segmenter", "predict_masks"):
        (expected,), (made,) = clean.glob(f"{stage}/*/items"), disturbed.glob(f"{stage}/*/items")
        assert made.parent.name == expected.parent.name
        if stage.startswith("train"):
            first, second = (load_file(items / "weights.safetensors") for items in (expected, made))
            assert all(torch.equal(first[key], second[key]) for key in first | second)
        else:
            assert contents(made) == contents(expected)
