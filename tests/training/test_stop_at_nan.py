"""A training stops where its loss or its weights are no numbers any more."""

from pathlib import Path
from unittest.mock import Mock

import pytest
import pytorch_lightning as pl
import torch
from small_training import STEPS, Module, run

from wsss.errors import WsssError
from wsss.training.stop_at_nan import StopAtNaN
from wsss.training.trainer import resume_from


def test_the_last_good_state_stays(tmp_path: Path):
    with pytest.raises(WsssError, match=r"the loss is nan at epoch 1, .*last good state is kept, .*last.ckpt"):
        run(tmp_path, module=Module(nan_at=STEPS + 1))
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == STEPS


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path):
    module = Module()
    with torch.no_grad():
        module.network[3].bias.fill_(float("inf"))
    with pytest.raises(WsssError, match="no epoch was finished"):
        run(tmp_path, module=module)


def at(step: int, *, last: bool = False) -> Mock:
    """A trainer after a step."""
    return Mock(spec=pl.Trainer, global_step=step, is_last_batch=last, should_stop=False, current_epoch=2)


@pytest.mark.parametrize("loss", [float("inf"), float("-inf"), float("nan")])
def test_a_loss_without_a_number_stops_a_training_at_once(loss: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wsss.training.stop_at_nan._checkpoint", lambda _: tmp_path / "a" / "last.ckpt")
    there = Mock(spec=pl.LightningModule, device=torch.device("cpu"))
    with pytest.raises(WsssError, match=f"the loss is {loss} at epoch 2, step 1"):
        StopAtNaN().on_train_batch_end(at(1), there, {"loss": torch.tensor(loss)})


def test_a_state_whose_weights_are_no_numbers_is_not_saved_whatever_the_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("wsss.training.stop_at_nan._checkpoint", lambda _: tmp_path / "a" / "last.ckpt")
    module = Module()
    StopAtNaN().on_save_checkpoint(at(1), module)
    with torch.no_grad():
        module.network[3].bias[0] = float("nan")
    with pytest.raises(WsssError, match="weights are not numbers any more"):
        StopAtNaN().on_save_checkpoint(at(1), module)


def test_a_gpu_is_asked_now_and_then_and_the_step_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wsss.training.stop_at_nan._checkpoint", lambda _: tmp_path / "a" / "last.ckpt")
    stop, there = StopAtNaN(every=4), Mock(spec=pl.LightningModule, device=torch.device("cuda"))
    losses = [0.5, float("nan"), 0.5, 0.5]

    def ended(step: int, *, last: bool = False) -> None:
        stop.on_train_batch_end(at(step, last=last), there, {"loss": torch.tensor(losses[step - 1])})

    for step in (1, 2, 3):
        ended(step)
    with pytest.raises(WsssError, match="the loss is nan at epoch 2, step 2"):
        ended(4)
    ended(1)
    with pytest.raises(WsssError, match="the loss is nan at epoch 2, step 2"):
        ended(2, last=True)
    ended(2)
    with pytest.raises(WsssError, match="step 2"):
        stop.on_save_checkpoint(at(3), there)
