"""A training of so many steps, or of several passes a step, that was interrupted is the training that was not."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import pytorch_lightning as pl
import torch
from small_training import EPOCHS, STEPS, KillAt, Killed, Module, run

from wsss.training.between_steps import BetweenSteps
from wsss.training.length import Length, ValidateEvery
from wsss.training.loggers.history import HISTORY, read_history
from wsss.training.trainer import CHECKPOINT, resume_from, seed

LENGTHS = {
    "steps": Length(epochs=3, steps=2 * STEPS + 3),
    "whole epochs": Length(epochs=2, steps=2 * STEPS),
    "less than an epoch": Length(epochs=1, steps=3),
    "passes": Length(epochs=2, passes=2),
    "both": Length(epochs=2, steps=STEPS + 2, passes=2),
}


def between(folder: Path) -> BetweenSteps:
    return BetweenSteps(folder / "checkpoints", seconds=0.0, asked=lambda: False)


@pytest.mark.parametrize("kind", LENGTHS)
def test_killed_after_any_step_it_goes_on_to_the_same_bytes(kind: str, tmp_path: Path):
    length = LENGTHS[kind]
    total = length.steps or length.epochs * STEPS
    whole, metrics, trainer = run(tmp_path / "whole", length=length)
    assert trainer.global_step == total
    assert {"train/loss", "val/map"} <= metrics.keys()
    rows = read_history(tmp_path / "whole" / HISTORY)
    assert [row.step for row in rows if row.name == "train/loss"] == list(range(total))
    for step in range(2, total):
        folder = tmp_path / str(step)
        with pytest.raises(Killed):
            run(folder, KillAt(step), between(folder), length=length)
        kept = resume_from(folder / "checkpoints")
        assert kept is not None
        assert kept.step == step - 1
        module, again, _ = run(folder, between(folder), length=length)
        assert all(
            torch.equal(own, module.network.state_dict()[name]) for name, own in whole.network.state_dict().items()
        )
        assert again == metrics
        assert read_history(folder / HISTORY) == rows
        assert [path.name for path in (folder / "checkpoints").iterdir()] == [CHECKPOINT]


@pytest.mark.parametrize(("every", "judged"), [(1, [0, 1, 2, 3, 4]), (2, [0, 2, 4]), (3, [1, 4]), (9, [4])])
def test_epochs_are_counted_from_the_last_one_back(every: int, judged: list[int]):
    validate, trainer, now = ValidateEvery(every, epochs=5), Mock(spec=pl.Trainer), list[int]()
    for trainer.current_epoch in range(5):
        validate.on_train_epoch_start(trainer)
        now += [trainer.current_epoch] if trainer.check_val_every_n_epoch == 1 else []
    assert now == judged


def test_a_step_of_two_passes_is_the_step_of_their_images_together(tmp_path: Path):
    states = []
    for passes in (1, 2):
        seed(5)  # a module has its first weights before `run` seeds
        module, *_ = run(
            tmp_path / str(passes), module=Module(dropout=0.0), length=Length(epochs=EPOCHS, passes=passes)
        )
        states.append(module.network.state_dict())
    first, second = states
    assert all(torch.allclose(first[name], second[name], atol=1e-6) for name in first)


def test_the_last_epoch_that_is_not_a_whole_one_is_judged_as_every_other(tmp_path: Path):
    judged = list[Any]()

    class Judged(Module):
        def on_validation_epoch_end(self) -> None:
            judged.append(self.global_step)

    run(tmp_path, module=Judged(), length=Length(epochs=2, steps=STEPS + 1))
    assert judged == [STEPS, STEPS + 1]
