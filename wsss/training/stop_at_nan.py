"""Stop a training at once when its loss or a weight is not a number any more."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from torch import nn

from wsss.errors import WsssError
from wsss.training.length import ends_epoch


class StopAtNaN(Callback):
    """Stops at the first loss that is not a number; the last good checkpoint stays. It comes before what saves."""

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, *_: Any) -> None:
        """Raise `WsssError` where the loss is not finite, or, before an epoch is saved, a weight is not."""
        if not bool(outputs["loss"].isfinite()):
            raise _stopped(trainer, f"the loss is {float(outputs['loss'])}")
        if ends_epoch(trainer):
            _check_finite(trainer, module)

    def on_save_checkpoint(self, trainer: pl.Trainer, module: pl.LightningModule, *_: Any) -> None:
        """Raise `WsssError` where a weight is not finite, before a state within an epoch is saved."""
        _check_finite(trainer, module)


def _stopped(trainer: pl.Trainer, what: str) -> WsssError:
    where = f"epoch {trainer.current_epoch}, step {trainer.global_step}, in {_checkpoint(trainer).parents[1]}"
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
