"""A logger that fails is left out, said once, and takes nothing with it."""

import logging
from typing import Any

import pytest
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from wsss.training.loggers.guarded import Guarded, attempt


class Diary(Logger):
    """Notes what it is asked, and fails from the `fails_at`-th time on."""

    def __init__(self, step: int = 0, *, fails_at: int | None = None) -> None:
        super().__init__()
        self.asked: list[Any] = [("opened", step)]
        self.fails_at = fails_at

    name = "diary"
    version = "1"

    def note(self, *what: Any) -> None:
        self.asked.append(what)
        if self.fails_at is not None and len(self.asked) > self.fails_at:
            raise OSError(28, "No space left on device")

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self.note(step, metrics)

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        self.note("hyperparameters", params)

    def save(self) -> None:
        self.note("saved")

    def finalize(self, status: str) -> None:
        self.note("finalized", status)


def test_everything_is_handed_on_to_a_logger_that_is_opened_once() -> None:
    opened: list[Diary] = []

    def make(step: int) -> Diary:
        opened.append(Diary(step))
        return opened[-1]

    guarded = Guarded("diary", make)
    assert opened == []
    guarded.rewind(7)
    guarded.log_hyperparams({"a": 1})
    guarded.log_metrics({"loss": 0.5}, 7)
    guarded.save()
    guarded.finalize("success")
    (diary,) = opened
    assert diary.asked == [
        ("opened", 7),
        ("hyperparameters", {"a": 1}),
        (7, {"loss": 0.5}),
        ("saved",),
        ("finalized", "success"),
    ]


def test_a_failure_is_said_once_and_the_logger_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    diary = Diary(fails_at=2)
    guarded = Guarded("diary", lambda _: diary)
    for step in range(5):
        guarded.log_metrics({"loss": 1.0}, step)
        guarded.save()
    guarded.finalize("success")
    assert [asked[0] for asked in diary.asked] == ["opened", 0, "saved"]
    (said,) = caplog.records
    assert said.levelno == logging.WARNING
    assert said.getMessage() == (
        "diary failed and is left out from here on (OSError: [Errno 28] No space left on device)"
    )


def test_one_that_cannot_be_opened_is_left_alone_too(caplog: pytest.LogCaptureFixture) -> None:
    def make(step: int) -> Diary:
        raise RuntimeError("the network is down\nand this is a long story")

    guarded = Guarded("wandb", make)
    guarded.rewind(0)
    guarded.log_metrics({"loss": 1.0}, 0)
    assert [record.getMessage() for record in caplog.records] == [
        "wandb failed and is left out from here on (RuntimeError: the network is down)"
    ]


def test_other_processes_of_a_training_open_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rank_zero_only, "rank", 1)
    guarded = Guarded("diary", lambda _: pytest.fail("opened"))
    guarded.rewind(0)
    guarded.log_metrics({"loss": 1.0}, 0)
    guarded.save()
    guarded.finalize("success")


def test_what_ends_a_process_is_no_failure_of_a_logger() -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt("diary", stopped)


def test_an_attempt_tells_whether_it_went_well(caplog: pytest.LogCaptureFixture) -> None:
    assert attempt("diary", lambda: None)
    assert caplog.records == []
    assert not attempt("diary", lambda: {}["key"])
    assert len(caplog.records) == 1


def test_what_lightning_asks_for() -> None:
    guarded = Guarded("diary", Diary)
    assert (guarded.name, guarded.version) == ("diary", "")
