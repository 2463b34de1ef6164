"""Lightning's Trainer, as every training uses it: one checkpoint to go on from, and one bar."""

import logging
import math
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning_fabric.utilities.warnings import PossibleUserWarning
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from torch import Tensor

from wsss.errors import DataError
from wsss.models.weights.initial import UNREADABLE
from wsss.store.texts import whole
from wsss.training.batch_norm import GlobalBatchNorm
from wsss.training.data import KeyedDataModule
from wsss.training.environment import OwnSignals, environment
from wsss.training.length import EndWithin, Length, ValidateEvery, is_stepped
from wsss.training.loggers.guarded import Guarded
from wsss.training.loggers.options import LoggerOptions
from wsss.training.module import LOGGED_METRICS, KeyedModule, logged
from wsss.training.stop_at_nan import StopAtNaN
from wsss.training.trainer_options import TrainerOptions

CHECKPOINT: Final = "last.ckpt"
"""The state after the last epoch, or after a later step; see `BetweenSteps`."""
BEST: Final = "best.ckpt"
"""The weights after the best epoch until now."""
NOTED: Final = 0.5
"""Seconds between two looks at the loss."""
GPU_LOGS: Final = 50
"""Steps between two that a GPU's loss is logged of, where nothing else is asked for."""


class Bar(Callback):
    """Moves a progress bar by the step, with the loss of some moment ago beside it: a GPU waits when it is asked."""

    def __init__(self, advance: Callable[..., None]) -> None:
        self._advance = advance
        self._note, self._noted = "", -math.inf

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Move on by one step, where this was its last pass."""
        if not is_stepped(trainer):
            return
        if time.monotonic() - self._noted >= NOTED:
            shown = {name.split("/")[-1]: float(value) for name, value in trainer.callback_metrics.items()}
            self._note = "  ".join(f"{name} {value:.3f}" for name, value in shown.items())
            self._noted = time.monotonic()
        self._advance(1, note=self._note)


class WholeCheckpoints(TorchCheckpointIO):
    """Writes a checkpoint to a hidden name and renames it: Lightning writes over the last one, which a kill tears."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """See Lightning."""
        with whole(Path(path)) as hidden:
            super().save_checkpoint(checkpoint, hidden, storage_options)


@dataclass(frozen=True, kw_only=True)
class Devices:
    """What a training runs on: one process a device."""

    accelerator: Literal["cpu", "gpu", "mps"] = "cpu"
    each_machine: int = 1
    machines: int = 1


def trainer_for(
    *,
    options: TrainerOptions,
    devices: Devices,
    length: Length,
    folder: Path,
    logger: LoggerOptions,
    callbacks: list[Callback],
    validate: bool,
    best_by: str | None = None,
) -> pl.Trainer:
    """Return a Trainer that logs beside `folder` and keeps the last state there, and the best epoch's weights."""
    folder.mkdir(parents=True, exist_ok=True)
    return pl.Trainer(
        accelerator=devices.accelerator,
        devices=devices.each_machine,
        num_nodes=devices.machines,
        strategy=options.runtime.strategy,
        plugins=[WholeCheckpoints(), GlobalBatchNorm(cuda=devices.accelerator == "gpu"), environment()],
        # Never a folder: under SLURM Lightning loads whatever `hpc_ckpt_*` lies in it, and it would be the current one.
        default_root_dir=folder / CHECKPOINT,
        precision=options.precision,
        gradient_clip_val=options.gradient_clip,
        max_epochs=length.epochs,
        accumulate_grad_batches=length.passes,
        logger=logger.open(folder.parent),
        callbacks=[
            *_checkpoints(folder, best_by=best_by, each_epoch=options.validate_every == 1),
            EndWithin(length.steps),
            StopAtNaN(),
            ValidateEvery(options.validate_every, epochs=length.epochs),
            OwnSignals(),
            *callbacks,
        ],
        log_every_n_steps=log_every(options, devices, length),
        num_sanity_val_steps=0,
        limit_val_batches=1.0 if validate else 0,
        use_distributed_sampler=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def log_every(options: TrainerOptions, devices: Devices, length: Length) -> int:
    """Return the steps between two that are logged."""
    if options.runtime.log_every is not None:
        return options.runtime.log_every
    return 1 if devices.accelerator == "cpu" else min(GPU_LOGS, length.each)


def _checkpoints(folder: Path, *, best_by: str | None, each_epoch: bool) -> list[Callback]:
    last = ModelCheckpoint(
        dirpath=folder,
        filename=Path(CHECKPOINT).stem,
        save_top_k=1,
        every_n_epochs=1,
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
    if best_by is None:
        return [last]
    best = ModelCheckpoint(
        dirpath=folder,
        filename=Path(BEST).stem,
        monitor=best_by,
        mode="max",
        save_weights_only=True,
        save_on_train_epoch_end=each_epoch,  # or else after the validations that there are
        enable_version_counter=False,
    )
    # The last state is saved after the best one, since it holds how good that is: a training goes on from there.
    return [best, last]


def best_weights(folder: Path) -> dict[str, Tensor]:
    """Return the state dict of the module after the best epoch."""
    state: dict[str, Tensor] = torch.load(folder / BEST, weights_only=True, map_location="cpu")["state_dict"]
    return state


def best_score(trainer: pl.Trainer) -> float:
    """Return the largest value of the metric by which the best epoch was chosen."""
    best = trainer.checkpoint_callbacks[0]
    assert isinstance(best, ModelCheckpoint)
    assert best.best_model_score is not None
    return float(best.best_model_score)


@dataclass(frozen=True, kw_only=True)
class Resume:
    """A state to go on from: its file, and how many steps were made until then."""

    path: Path
    step: int
    metrics: dict[str, float]
    """What was logged last."""


def resume_from(folder: Path) -> Resume | None:
    """Return the last state, None where there is none or where it is torn, which is then logged."""
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        return Resume(path=path, step=state["global_step"], metrics=state[LOGGED_METRICS])
    except UNREADABLE:
        logging.getLogger("wsss").warning("%s is torn: the training starts again", path)
        return None


def fit(trainer: pl.Trainer, module: KeyedModule, *, data: KeyedDataModule, resume: Resume | None) -> dict[str, float]:
    """Train to the end and return the metrics logged last, without what is not a number (the mAP of no positives).

    Raises `KeyboardInterrupt` after a Ctrl-C, which Lightning itself turns into the end of the process.
    """
    for logger in trainer.loggers:
        if isinstance(logger, Guarded):
            logger.rewind(resume.step if resume else 0)
    data.go_on_after(resume.step if resume else 0)
    try:
        trainer.fit(module, datamodule=data, ckpt_path=resume.path if resume else None, weights_only=True)
    except SystemExit as error:
        raise KeyboardInterrupt from error
    except DataError as error:
        raise DataError(own_words(error)) from error
    # A training that was stopped after its last epoch has nothing left to log.
    metrics = (resume.metrics if resume else {}) | logged(trainer)
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def own_words(error: DataError) -> str:
    """Return what an error says: torch puts a traceback around the words of a loader process."""
    lines = str(error).splitlines()
    return lines[-1].partition(": ")[2] if re.match(r"Caught \w+ in DataLoader worker", lines[0]) else str(error)


def seed(random_seed: int) -> None:
    """Seed every generator, before a network gets its first weights."""
    pl.seed_everything(random_seed, verbose=False)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning's hints off the screen: what they advise is decided here on purpose."""
    log = logging.getLogger("pytorch_lightning")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=PossibleUserWarning)
            warnings.filterwarnings("ignore", message="You passed in a `val_dataloader` but have no `validation_step`")
            warnings.filterwarnings("ignore", message="Checkpoint directory .* exists and is not empty")
            # Lightning 2.6 asks torch 2.15 for something in a way that torch has deprecated.
            warnings.filterwarnings("ignore", message=".*LeafSpec.*deprecated")
            yield
    finally:
        log.setLevel(level)
