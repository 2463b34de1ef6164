"""The CSV history as a Lightning logger, and TensorBoard's, which is read back from its event files."""

from pathlib import Path

import pytest
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from toy_runs import freeze

from wsss.store.store import Store
from wsss.training.loggers.history import HistoryRow, read_history
from wsss.training.loggers.local import History, frozen_config, tensorboard


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


def tensorboard_losses(logs: Path) -> list[tuple[int, float]]:
    events = EventAccumulator(str(logs / "tensorboard"))
    events.Reload()
    return [(event.step, round(event.value, 4)) for event in events.Scalars("train/loss")]


def test_tensorboard_goes_on_in_the_same_log_without_doubled_points(tmp_path: Path):
    artifact = Store(root=tmp_path / "store").artifact("train_classifier", "0" * 16)
    freeze(artifact, config={"fit": {"epochs": 3}})
    job = artifact.job
    killed = tensorboard(tmp_path, 0, job=job)
    for step in range(5):
        killed.log_metrics({"train/loss": 1 / (step + 1)}, step)
    killed.finalize("failed")
    assert tensorboard_losses(tmp_path) == [(0, 1.0), (1, 0.5), (2, 0.3333), (3, 0.25), (4, 0.2)]
    resumed = tensorboard(tmp_path, 3, job=job)
    for step in (3, 4, 5):
        resumed.log_metrics({"train/loss": 10.0 + step}, step)
    resumed.finalize("success")
    assert tensorboard_losses(tmp_path) == [(0, 1.0), (1, 0.5), (2, 0.3333), (3, 13.0), (4, 14.0), (5, 15.0)]
    kept = yaml.safe_load((tmp_path / "tensorboard" / "hparams.yaml").read_text(encoding="utf-8"))
    assert kept == {"fit": {"epochs": 3}}


def test_a_training_that_begins_again_leaves_no_points_of_the_first_time(tmp_path: Path):
    for value in (1.0, 2.0):
        logger = tensorboard(tmp_path, 0, job=tmp_path / "none")
        logger.log_metrics({"train/loss": value}, 0)
        logger.finalize("failed")
    assert tensorboard_losses(tmp_path) == [(0, 2.0)]


def test_without_a_job_there_is_no_config(tmp_path: Path):
    assert frozen_config(tmp_path / "stage.yaml") == {}
