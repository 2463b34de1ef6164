"""The CSV history as a Lightning logger."""

from pathlib import Path

import pytest

from wsss.training.history import HistoryRow, read_history
from wsss.training.loggers import History


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.csv"


def logged(path: Path, steps: int) -> History:
    history = History(path)
    history.rewind(0)
    for step in range(steps):
        history.log_metrics({"train/loss": 1 / (step + 1), "epoch": 0}, step)
    return history


def test_numbers_come_back_exactly(path: Path):
    History(path).rewind(0)
    History(path).log_metrics({"train/loss": 0.1 + 0.2, "val/map": 1e-300, "epoch": 3}, 7)
    assert read_history(path) == [
        HistoryRow(step=7, name="train/loss", value=0.1 + 0.2),
        HistoryRow(step=7, name="val/map", value=1e-300),
    ]


def test_what_is_no_number_is_left_out(path: Path):
    History(path).rewind(0)
    History(path).log_metrics({"a": float("nan"), "b": float("inf"), "c": 1.0}, 0)
    assert [row.name for row in read_history(path)] == ["c"]


def test_a_rewind_keeps_what_was_logged_before_a_step(path: Path):
    logged(path, 5)
    resumed = History(path)
    resumed.rewind(3)
    assert [row.step for row in read_history(path)] == [0, 1, 2]
    resumed.log_metrics({"train/loss": 9.0}, 3)
    assert [(row.step, row.value) for row in read_history(path)][2:] == [(2, 1 / 3), (3, 9.0)]


def test_a_rewind_mends_a_torn_last_line(path: Path):
    logged(path, 3)
    path.write_bytes(path.read_bytes()[:-4])
    resumed = History(path)
    resumed.rewind(3)
    resumed.log_metrics({"train/loss": 0.25}, 3)
    assert [row.step for row in read_history(path)] == [0, 1, 3]


def test_a_new_training_starts_anew(path: Path):
    logged(path, 3)
    History(path).rewind(0)
    assert read_history(path) == []
    assert path.read_text().strip() == "step,name,value"


def test_what_lightning_asks_for(path: Path):
    history = History(path)
    assert (history.name, history.version) == ("history", "")
    history.log_hyperparams({"a": 1})
    assert not path.exists()
