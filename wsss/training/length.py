"""The length of a training, and the end of a step and of an epoch."""

from dataclasses import dataclass
from typing import Any, Final

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

NEVER: Final = 2**31
"""Epochs: more than any training has."""


@dataclass(frozen=True, kw_only=True)
class Length:
    """Epochs, and the steps at which the last of them ends if it is not a whole one; passes of each step."""

    epochs: int
    steps: int | None = None
    passes: int = 1
    each: int = 1
    """Steps of a whole epoch."""


def is_stepped(trainer: pl.Trainer) -> bool:
    """Tell, at the end of a pass, whether it was the last of a step, which the optimiser has just made."""
    return (trainer.fit_loop.batch_idx + 1) % trainer.accumulate_grad_batches == 0


def ends_epoch(trainer: pl.Trainer) -> bool:
    """Tell, at the end of a pass, whether it was the last of its epoch, which may end before all images were seen."""
    return trainer.is_last_batch or trainer.should_stop


class ValidateEvery(Callback):
    """Validates after every so many epochs, counted from the last one back, which is always among them.

    Lightning counts from the first: the metrics that a training ends with would be those of an earlier epoch.
    """

    def __init__(self, every: int, *, epochs: int) -> None:
        self._every, self._epochs = every, epochs

    def on_train_epoch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Tell Lightning whether this epoch is one of them."""
        left = self._epochs - 1 - trainer.current_epoch
        trainer.check_val_every_n_epoch = 1 if left % self._every == 0 else NEVER

    def on_train_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """The same where a training goes on within an epoch, which then does not start again."""
        self.on_train_epoch_start(trainer)


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
