"""The length of a training, and the end of a step and of an epoch."""

from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback


@dataclass(frozen=True, kw_only=True)
class Length:
    """Epochs, and the steps at which the last of them ends if it is not a whole one; passes of each step."""

    epochs: int
    steps: int | None = None
    passes: int = 1


def is_stepped(trainer: pl.Trainer) -> bool:
    """Tell, at the end of a pass, whether it was the last of a step, which the optimiser has just made."""
    return (trainer.fit_loop.batch_idx + 1) % trainer.accumulate_grad_batches == 0


def ends_epoch(trainer: pl.Trainer) -> bool:
    """Tell, at the end of a pass, whether it was the last of its epoch, which may end before all images were seen."""
    return trainer.is_last_batch or trainer.should_stop


class EndWithin(Callback):
    """Ends a training after so many steps as at the end of an epoch. It comes before what asks `ends_epoch`.

    With Lightning's own `max_steps` the last validation is left out, and a training that goes on after an epoch counts
    that epoch twice (tried with Lightning 2.6).
    """

    def __init__(self, steps: int | None) -> None:
        self._steps = steps

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Ask for the end after the last step."""
        if trainer.global_step == self._steps:
            trainer.should_stop = True
