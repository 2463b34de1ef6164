"""A training that ends in the middle of an epoch goes on in it, and nothing tells it from one that did not end."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from small_training import EPOCHS, STEPS, KillAt, Killed, Module, run
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from wsss.errors import WsssError
from wsss.signals import Ended
from wsss.training.between_steps import EVERY, PENDING, BetweenSteps, _agreed
from wsss.training.loggers.history import HISTORY, read_history
from wsss.training.loggers.options import TensorBoard
from wsss.training.trainer import CHECKPOINT, resume_from


def between(folder: Path, *, seconds: float | None = 0.0, asked: Callable[[], bool] = lambda: False) -> BetweenSteps:
    return BetweenSteps(folder / "checkpoints", seconds=seconds, asked=asked)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, torch.Tensor], dict[str, float], list[Any]]:
    folder = tmp_path_factory.mktemp("unbroken")
    module, metrics, _ = run(folder)
    return module.network.state_dict(), metrics, read_history(folder / HISTORY)


def same(folder: Path, module: Module, metrics: dict[str, float], unbroken: Any) -> None:
    state, expected, rows = unbroken
    assert all(torch.equal(module.network.state_dict()[name], tensor) for name, tensor in state.items())
    assert metrics == expected
    assert read_history(folder / HISTORY) == rows
    assert [path.name for path in (folder / "checkpoints").iterdir()] == [CHECKPOINT]


@pytest.mark.parametrize("killed_at", range(2, EPOCHS * STEPS))
def test_killed_at_any_step_it_goes_on_from_the_step_before(unbroken: Any, tmp_path: Path, killed_at: int):
    with pytest.raises(Killed):
        run(tmp_path, KillAt(killed_at), between(tmp_path))
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == killed_at - 1
    module, metrics, trainer = run(tmp_path, between(tmp_path))
    assert trainer.global_step == EPOCHS * STEPS
    same(tmp_path, module, metrics, unbroken)


def test_it_may_be_killed_again_and_again(unbroken: Any, tmp_path: Path):
    for step in (2, 3, 6, 7, 8, 11):
        with pytest.raises(Killed):
            run(tmp_path, KillAt(step), between(tmp_path))
    module, metrics, _ = run(tmp_path, between(tmp_path))
    same(tmp_path, module, metrics, unbroken)


class KillBeforeTheLog(Callback):
    """Killed when a state was saved and its step is not in the history yet."""

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        if trainer.global_step == STEPS + 2:
            raise Killed


def test_a_state_whose_step_was_not_logged_does_not_count(unbroken: Any, tmp_path: Path):
    with pytest.raises(Killed):
        run(tmp_path, between(tmp_path), KillBeforeTheLog())
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == [CHECKPOINT, PENDING]
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == STEPS + 1
    module, metrics, _ = run(tmp_path, between(tmp_path))
    same(tmp_path, module, metrics, unbroken)


@pytest.mark.parametrize("step", range(1, EPOCHS * STEPS))
def test_asked_to_end_it_finishes_the_step_and_keeps_it(unbroken: Any, tmp_path: Path, step: int):
    asked = iter([*[False] * (step - 1), *[True] * 20])
    with pytest.raises(KeyboardInterrupt) as caught:
        run(tmp_path, between(tmp_path, seconds=None, asked=lambda: next(asked)))
    assert isinstance(Ended.behind(caught.value), Ended)
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == step
    assert [row.step for row in read_history(tmp_path / HISTORY) if row.name == "train/loss"] == list(range(step))
    module, metrics, _ = run(tmp_path, between(tmp_path, seconds=None))
    same(tmp_path, module, metrics, unbroken)


def test_ended_by_a_ctrl_c_is_what_it_says(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt) as caught:
        run(tmp_path, between(tmp_path, asked=lambda: True))
    ended = Ended.behind(caught.value)
    assert ended is not None
    assert ended.signal is signal.SIGINT


def test_asked_in_the_last_step_it_is_finished(unbroken: Any, tmp_path: Path):
    asked = iter([*[False] * (EPOCHS * STEPS - 1), True])
    module, metrics, _ = run(tmp_path, between(tmp_path, asked=lambda: next(asked)))
    same(tmp_path, module, metrics, unbroken)


@pytest.mark.parametrize(
    ("processes", "device", "expected"),
    [(1, "cpu", 0), (1, "cuda", 0), (2, "cpu", 2 * EVERY), (2, "cuda", 2)],
)
def test_only_several_processes_ask_each_other_and_gpus_seldom(
    processes: int, device: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    questions: list[int] = []

    def asks(wanted: torch.Tensor) -> torch.Tensor:
        questions.append(1)
        return wanted

    place = torch.device(device)
    monkeypatch.setattr("wsss.training.between_steps.process_count", lambda: processes)
    monkeypatch.setattr("wsss.training.between_steps.over_all_ranks", asks)
    monkeypatch.setattr("wsss.training.between_steps.torch.tensor", lambda given, **_: torch.as_tensor(given))
    ends = [_agreed(due=False, asked=step == EVERY, step=step, device=place) for step in range(1, 2 * EVERY + 1)]
    assert [step for step, end in enumerate(ends, 1) if end == (True, True)] == [EVERY]
    assert len(questions) == expected


def test_what_another_process_wants_is_wanted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wsss.training.between_steps.process_count", lambda: 2)
    for others, expected in (([0, 0], (False, False)), ([1, 0], (True, False)), ([0, 1], (True, True))):
        monkeypatch.setattr("wsss.training.between_steps.over_all_ranks", lambda _, o=others: torch.tensor(o))
        assert _agreed(due=False, asked=False, step=1, device=torch.device("cpu")) == expected


class Saves(Callback):
    """Notes at which steps a state was saved."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_save_checkpoint(self, trainer: pl.Trainer, *_: Any) -> None:
        self.steps.append(trainer.global_step)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, [4, 8, 12]),
        (300.0, [4, 8, 12]),
        (20.0, [3, 4, 7, 8, 11, 12]),
        (18.0, [2, 4, 6, 8, 10, 12]),
        (0.0, None),
    ],
)
def test_the_clock_says_when(
    seconds: float | None, expected: list[int] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A step takes nine seconds; the clock is set back by every state that is saved, and when an epoch begins."""
    now = [0.0]
    monkeypatch.setattr("wsss.training.between_steps.time.monotonic", lambda: now[0])

    class Clock(Callback):
        def on_train_batch_start(self, *_: Any) -> None:
            now[0] += 9

    saves = Saves()
    run(tmp_path, saves, Clock(), between(tmp_path, seconds=seconds))
    assert saves.steps == (expected or list(range(1, EPOCHS * STEPS + 1)))


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path):
    class Spoil(Callback):
        def on_before_optimizer_step(self, trainer: pl.Trainer, module: pl.LightningModule, *_: Any) -> None:
            for parameter in module.parameters() if trainer.global_step == STEPS + 1 else ():
                parameter.grad = torch.full_like(parameter, torch.inf)

    with pytest.raises(WsssError, match=r"weights are not numbers any more at epoch 1, step 6"):
        run(tmp_path, Spoil(), between(tmp_path))
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == STEPS + 1


def test_tensorboard_shows_every_step_once(tmp_path: Path):
    with pytest.raises(Killed):
        run(tmp_path, KillAt(STEPS + 2), between(tmp_path), logger=TensorBoard())
    _, _, trainer = run(tmp_path, between(tmp_path), logger=TensorBoard())
    for logger in trainer.loggers:
        logger.finalize("success")
    events = EventAccumulator(str(tmp_path / "logs" / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("train/loss")] == list(range(EPOCHS * STEPS))
