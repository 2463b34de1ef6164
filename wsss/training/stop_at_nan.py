"""Stop a training at once when its loss or a weight is not a number any more."""

import math
from pathlib import Path
from typing import Any, Final

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from torch import Tensor, nn

from wsss.errors import WsssError
from wsss.training.length import ends_epoch

EVERY: Final = 50
"""Passes after which a GPU is asked for its losses: one that is not a number does not become one again."""


class StopAtNaN(Callback):
    """Stops at the first loss that is not a number; the last good checkpoint stays. It comes before what saves.

    A GPU is asked for its losses every so many passes, and before anything is saved: it would wait at each question.
    """

    def __init__(self, every: int = EVERY) -> None:
        self._every = every
        self._losses: list[tuple[int, Tensor]] = []

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, *_: Any) -> None:
        """Raise `WsssError` where a loss is not finite, or, before an epoch is saved, a weight is not."""
        self._losses.append((trainer.global_step, outputs["loss"].detach()))
        ends = ends_epoch(trainer)
        if ends or module.device.type == "cpu" or len(self._losses) >= self._every:
            self._check_losses(trainer)
        if ends:
            _check_finite(trainer, module)

    def on_save_checkpoint(self, trainer: pl.Trainer, module: pl.LightningModule, *_: Any) -> None:
        """Raise `WsssError` where a loss or a weight is not finite, before a state within an epoch is saved."""
        self._check_losses(trainer)
        _check_finite(trainer, module)

    def _check_losses(self, trainer: pl.Trainer) -> None:
        known = torch.stack([loss for _, loss in self._losses]).tolist() if self._losses else []
        steps = [step for step, _ in self._losses]
        self._losses.clear()
        for step, loss in zip(steps, known, strict=True):
            if not math.isfinite(loss):
                raise _stopped(trainer, f"the loss is {loss}", step=step)


def _stopped(trainer: pl.Trainer, what: str, *, step: int | None = None) -> WsssError:
    at = trainer.global_step if step is None else step
    where = f"epoch {trainer.current_epoch}, step {at}, in {_checkpoint(trainer).parents[1]}"
    remedy = "lower fit.*.learning_rate, or use trainer.precision=32-true"
    return WsssError(f"{what} at {where}: {remedy}; {_kept(trainer)}")


def _check_finite(trainer: pl.Trainer, module: nn.Module) -> None:
    if not _finite(module):
        raise _stopped(trainer, "weights are not numbers any more")


def _finite(module: nn.Module) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in module.state_dict().values() if tensor.is_floating_point())


def _kept(trainer: pl.Trainer) -> str:
    path = _checkpoint(trainer)
    return f"the last good state is kept, {path}" if path.exists() else "no epoch was finished"


def _checkpoint(trainer: pl.Trainer) -> Path:
    last = trainer.checkpoint_callbacks[-1]
    assert isinstance(last, ModelCheckpoint)
    assert last.dirpath is not None
    return Path(last.dirpath, f"{last.filename}{last.FILE_EXTENSION}")
