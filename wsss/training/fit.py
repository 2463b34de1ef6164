"""Lightning's Trainer, as every training uses it: one checkpoint an epoch to go on from, and one bar."""

import logging
import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.utilities.warnings import PossibleUserWarning
from pytorch_lightning.callbacks import Callback, ModelCheckpoint

from wsss.errors import WsssError
from wsss.training.data import KeyedDataModule
from wsss.training.keyed import KeyedModule
from wsss.training.loggers import History
from wsss.training.logging_options import LoggerOptions
from wsss.training.options import TrainerOptions


class Bar(Callback):
    """Moves a progress bar by the step, with the loss beside it."""

    def __init__(self, advance: Callable[..., None]) -> None:
        self._advance = advance

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Move on by one step."""
        shown = {name.split("/")[-1]: float(value) for name, value in trainer.callback_metrics.items()}
        self._advance(1, note="  ".join(f"{name} {value:.3f}" for name, value in shown.items()))


class StopAtNaN(Callback):
    """Stops at the first loss that is no number; the last epoch's checkpoint stays."""

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, *_: Any) -> None:
        """Raise `WsssError` where the loss is not finite."""
        if not bool(outputs["loss"].isfinite()):
            raise WsssError(
                f"the loss is {float(outputs['loss'])} at epoch {trainer.current_epoch}, step {trainer.global_step}: "
                f"lower fit.*.learning_rate, or use trainer.precision=32-true; the last epoch's checkpoint is kept"
            )


def trainer_for(
    *,
    options: TrainerOptions,
    epochs: int,
    folder: Path,
    logger: LoggerOptions,
    callbacks: list[Callback],
    validate: bool,
) -> pl.Trainer:
    """Return a Trainer that keeps the last epoch's state in `folder` and logs beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    last = ModelCheckpoint(
        dirpath=folder, filename="epoch", save_top_k=1, every_n_epochs=1, enable_version_counter=False
    )
    return pl.Trainer(
        accelerator=options.runtime.accelerator,
        devices=options.runtime.devices,
        num_nodes=options.runtime.num_nodes,
        strategy=options.runtime.strategy,
        precision=options.precision,
        gradient_clip_val=options.gradient_clip,
        max_epochs=epochs,
        logger=logger.open(folder.parent),
        callbacks=[last, StopAtNaN(), *callbacks],
        log_every_n_steps=1,
        num_sanity_val_steps=0,
        limit_val_batches=1.0 if validate else 0,
        use_distributed_sampler=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def checkpoint_in(folder: Path) -> Path | None:
    """Return the state to go on from, None before the first epoch's end."""
    path = folder / "epoch.ckpt"
    return path if path.exists() else None


def fit(
    trainer: pl.Trainer, module: KeyedModule, *, data: KeyedDataModule, resume: Path | None, step: int
) -> dict[str, float]:
    """Train to the end and return the metrics logged last, without what is no number (the mAP of no positives)."""
    for logger in trainer.loggers:
        if isinstance(logger, History):
            logger.rewind(step)
    trainer.fit(module, datamodule=data, ckpt_path=resume, weights_only=True)
    metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


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
