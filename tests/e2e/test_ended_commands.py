"""Signals to commands other than `run`: they end in order, leave nothing behind, and go on when called again."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from compared_runs import two_runs
from data_sets import own_folder
from PIL import Image
from toy_runs import Run, contents

from wsss.signals import SIGNALS

WRITES = {"predict": 4, "explain": 3, "compare": 1, "data": 1}
"""The write of a file in the middle of each command, at which the signal comes."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: five photos, two runs by hand, a data set, and an empty folder for temporary files."""
    for number in range(5):
        pixels = np.random.default_rng(number).integers(0, 256, size=(40, 48, 3), dtype=np.uint8)
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")
    two_runs(tmp_path)
    own_folder(tmp_path / "own")
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def before() -> Iterator[list[object]]:
    handlers = [signal.getsignal(number) for number in SIGNALS]
    yield handlers
    assert [signal.getsignal(number) for number in SIGNALS] == handlers


def words(command: str, run: Run, *, out: str) -> tuple[object, ...]:
    if command == "compare":
        return ("first", "other", "--out", out)
    if command == "data":
        return ("check", "own", "--html", f"{out}/check.html")
    more = ("--methods", "cam", "--classes", "bee", "--no-scores") if command == "explain" else ()
    return ("photos", "--model", run.out, "--device", "cpu", "--out", out, *more)


def sending(number: signal.Signals, *, at: int) -> Callable[[Path, Any], Path]:
    """`Path.replace`, which the signal meets at one of its calls."""
    left, replace = [at], Path.replace

    def replaces(path: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), number)
        return replace(path, target)

    return replaces


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize(
    ("command", "number"),
    [
        *(("predict", signal.SIGTERM), ("predict", signal.SIGINT), ("explain", signal.SIGHUP)),
        *(("explain", signal.SIGUSR1), ("compare", signal.SIGTERM), ("compare", signal.SIGINT)),
        *(("data", signal.SIGTERM), ("data", signal.SIGINT)),
    ],
    ids=str,
)
def test_a_signal_ends_a_command_and_the_same_goes_on(
    command: str,
    number: signal.Signals,
    desk: Path,
    toy_run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(command, monkeypatch, *words(command, toy_run, out="clean")) == 0
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", sending(number, at=WRITES[command]))
        assert call(command, monkeypatch, *words(command, toy_run, out="ended")) == 128 + number
    said = capsys.readouterr().err
    resumed = ("--resume",) if command in ("predict", "explain") else ()
    kept = " What is finished is kept: add --resume to go on from there." if resumed else ""
    assert said.splitlines()[-1] == f"wsss: ended by {number.name}.{kept}"
    assert "Traceback" not in said
    assert len(contents(desk / "ended")) < len(contents(desk / "clean"))
    assert [path.name for path in desk.rglob(".*")] + [path.name for path in (desk / "temp").iterdir()] == []
    assert call(command, monkeypatch, *words(command, toy_run, out="ended"), *resumed) == 0
    made, expected = contents(desk / "ended"), contents(desk / "clean")
    assert made.keys() == expected.keys()
    assert made == expected or command == "explain"  # which says and draws how long it took
