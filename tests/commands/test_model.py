"""`wsss model` from the command line, and what reads its file."""

from functools import partial
from pathlib import Path

import command_line
import numpy as np
import pytest
from PIL import Image
from toy_runs import Run


def test_a_run_becomes_a_file_that_predicts_and_explains_alike(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(0).integers(0, 256, size=(40, 60, 3), dtype=np.uint8)
    Image.fromarray(noise).save("a.png")
    assert command_line.call("model", monkeypatch, toy_run.out, "toy.wsss") == 0
    printed = capsys.readouterr().out
    assert "to predict and explain with" in printed
    assert printed.splitlines()[-1] == str(tmp_path / "toy.wsss")
    predict = partial(command_line.call, "predict", monkeypatch, "a.png", "--device", "cpu")
    assert predict("--model", toy_run.out, "--out", "one") == 0
    assert predict("--model", "toy.wsss", "--out", "two") == 0
    assert Path("one/masks/a.png").read_bytes() == Path("two/masks/a.png").read_bytes()
    explain = ("a.png", "--model", "toy.wsss", "--no-scores", "--methods", "cam", "--device", "cpu")
    assert command_line.call("explain", monkeypatch, *explain) == 0
    assert Path("explanations/sheets/a.png").is_file()


def test_mistakes_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line.call("model", monkeypatch, "nowhere", "toy.zip") == 2
    assert "a model file is named with the suffix .wsss" in capsys.readouterr().err
    assert command_line.call("model", monkeypatch, "nowhere", "toy.wsss") == 2
    assert "is not a run" in capsys.readouterr().err
