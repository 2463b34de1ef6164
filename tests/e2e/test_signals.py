"""Signals to a whole run, as SLURM and a terminal send them, and the same command again."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import torch
from killable import Command
from safetensors.torch import load_file
from toy_runs import SMALL, contents, limited

OPTIONS = (limited("train_classifier", epochs=30), limited("train_segmenter", epochs=12), "runtime.workers=2")
PATIENCE = 240
"""Seconds that a busy machine gets."""


def started(folder: Path) -> Command:
    """A run in a process group of its own."""
    return Command(folder, "run", *SMALL, *OPTIONS, f"store='{folder / 'store'}'", f"out='{folder / 'out'}'")


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
    run = started(folder)
    end = time.monotonic() + PATIENCE
    while not when(folder / "store"):
        assert run.is_alive(), run.end(timeout=PATIENCE)
        assert time.monotonic() < end
        time.sleep(0.02)
    run.send(number)
    code, screen = run.end(timeout=PATIENCE)
    assert code == 128 + number, screen
    assert f"wsss: ended by {number.name}. What is finished is kept: the same command goes on" in screen
    assert "Traceback" not in screen, screen
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
    for run in (started(folder), undisturbed):
        code, screen = run.end(timeout=PATIENCE)
        assert code == 0, screen
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
