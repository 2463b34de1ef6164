"""`wsss sweep`: its words, its list and its exit code."""

from pathlib import Path

import pytest
from command_line import call
from sweeps import fan, made

from wsss.apps.sweep.sweep_folder import SweepFolder


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_words_are_handed_on_and_failures_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[tuple[str, list[str]]] = []
    failures: list[str] = []

    def make(name: str, words: list[str]) -> list[str]:
        asked.append((name, words))
        return failures

    monkeypatch.setattr("wsss.apps.sweep.make_sweep", make)
    assert call("sweep", monkeypatch, "seeds", "random_seed=0,1", "--config-dir", tmp_path, "jobs=2") == 0
    assert asked == [("seeds", ["random_seed=0,1", "jobs=2", "--config-dir", str(tmp_path)])]
    failures.append("train_classifier failed")
    assert call("sweep", monkeypatch, "seeds", "random_seed=0,1") == 1
    assert capsys.readouterr().err == "wsss: train_classifier failed\n"


def test_sweeps_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("sweep", monkeypatch, "ls") == 0
    assert capsys.readouterr().out == "there is no sweep here yet\n"
    folder = SweepFolder.named("seeds")
    runs = fan(folder.path)
    folder.write([], {run.number: run.words for run in runs})
    made(folder.path, runs)
    capsys.readouterr()
    assert call("sweep", monkeypatch, "ls") == 0
    assert capsys.readouterr().out == "seeds\n"
    assert call("sweep", monkeypatch, "ls", "seeds", "--watch") == 0
    assert "7 of 7 stages and 3 of 3 runs are done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["seeds", "random_seed=0,1", "--watch"], "--watch belongs to `wsss sweep ls NAME`"),
        (["seeds"], "say what to run: one of the experiments"),
        (["experiment=toy", "random_seed=0,1"], "'experiment=toy' is not a name for a sweep"),
        (["seeds", "toy"], "toy"),
    ],
)
def test_words_that_are_none_are_refused(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("sweep", monkeypatch, *words) == 2
    assert said in capsys.readouterr().err
