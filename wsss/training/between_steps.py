"""A training's state between two steps of an epoch: saved by the clock, and when the training is asked to end."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from wsss.signals import Ended
from wsss.training.length import ends_epoch, is_stepped
from wsss.training.module import over_all_ranks, process_count
from wsss.training.trainer import CHECKPOINT

PENDING: Final = "pending.ckpt"
"""A state whose step is not in the history yet."""
EVERY: Final = 50
"""Steps from one agreement of several GPUs to the next: for each of them all GPUs finish their work and wait."""


class BetweenSteps(Callback):
    """Saves the state after a step, every so many seconds, or where `asked` says so; then the training ends.

    All processes agree on the step; those of several GPUs ask each other every `EVERY` steps. Lightning can go on from
    a state that was saved at the end of a step, when the step is not logged yet: such a state takes the place of the
    last one only when the step is. After the last step of an epoch none is saved, since validation and the epoch's own
    checkpoint follow.
    """

    def __init__(self, folder: Path, *, seconds: float | None, asked: Callable[[], bool]) -> None:
        self._last, self._pending = folder / CHECKPOINT, folder / PENDING
        self._seconds, self._asked = seconds, asked
        self._saved_at = time.monotonic()
        self._ends = False

    def on_train_start(self, *_: Any) -> None:
        """See Lightning."""
        self._saved_at = time.monotonic()

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, *_: Any) -> None:
        """Save where it is time to; not between the passes of a step, whose gradients no state holds."""
        if not is_stepped(trainer):
            return
        due = self._seconds is not None and time.monotonic() - self._saved_at >= self._seconds
        saves, self._ends = _agreed(due=due, asked=self._asked(), step=trainer.global_step, device=module.device)
        if saves and not ends_epoch(trainer):
            trainer.save_checkpoint(self._pending)
            self._saved_at = time.monotonic()

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Let what was saved count, since its step is logged; end where that was asked for."""
        if trainer.is_global_zero and self._pending.exists():
            self._pending.replace(self._last)
        if self._ends:
            raise Ended(signal.SIGINT)

    def on_train_epoch_end(self, *_: Any) -> None:
        """Restart the clock: the epoch's checkpoint follows."""
        self._saved_at = time.monotonic()


def _agreed(*, due: bool, asked: bool, step: int, device: torch.device) -> tuple[bool, bool]:
    """Return whether this step is to be saved, and whether it is the last, as soon as one process wants it."""
    if process_count() == 1:
        return due or asked, asked
    if device.type != "cpu" and step % EVERY:
        return False, False
    dues, ends = over_all_ranks(torch.tensor([due, asked], dtype=torch.int64, device=device)).tolist()
    return bool(dues or ends), bool(ends)
