"""A training of three epochs of four steps, on a network of 40 weights, that can be killed and goes on."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from wsss.training.data import KeyedDataModule
from wsss.training.length import Length
from wsss.training.loggers.options import CSVHistory, LoggerOptions
from wsss.training.module import KeyedModule
from wsss.training.options import FitOptions
from wsss.training.trainer import Devices, fit, quiet, resume_from, seed, trainer_for
from wsss.training.trainer_options import TrainerOptions

EPOCHS, STEPS = 3, 4


class Noise(Dataset[Any]):
    """Eight inputs and answers; training asks by (epoch, item), and gets another input in every epoch."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, asked: tuple[int, int] | int) -> tuple[Tensor, Tensor]:
        epoch, item = asked if isinstance(asked, tuple) else (0, asked)
        generator = torch.Generator().manual_seed(1000 * epoch + item)
        return torch.randn(4, generator=generator), torch.tensor([float(item % 2)])


class Module(KeyedModule):
    """Dropout draws from the global generator: it must stand where it would have stood."""

    def __init__(self, *, nan_at: int | None = None, dropout: float = 0.5) -> None:
        super().__init__(
            fit=FitOptions(epochs=EPOCHS, batch_size=2, learning_rate=0.05, head_factor=1.0), random_seed=5
        )
        self.network = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(dropout), nn.Linear(6, 1))
        self.nan_at = nan_at

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        inputs, answers = batch
        loss = functional.mse_loss(self.compiled(self.network)(inputs), answers)
        self.log("train/loss", loss.detach())
        return loss * float("nan") if self.global_step == self.nan_at else loss

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        inputs, answers = batch
        self.log("val/map", functional.mse_loss(self.network(inputs), answers), on_epoch=True)
        self.log("val/unknown", torch.tensor(float("nan")))

    def configure_optimizers(self) -> Any:
        first, *_, last = self.network
        return self.sgd(backbone=first.parameters(), head=last.parameters())


class Killed(Exception):  # noqa: N818 - it is what happens, not an error of ours
    pass


class KillAt(Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        if trainer.global_step == self.step:
            raise Killed


def run(
    folder: Path,
    *callbacks: Callback,
    module: Module | None = None,
    logger: LoggerOptions | None = None,
    options: TrainerOptions | None = None,
    length: Length | None = None,
) -> tuple[Module, dict[str, float], pl.Trainer]:
    """Train as a stage does: everything is made anew, and the last epoch's checkpoint is picked up."""
    seed(5)
    module = module or Module()
    resume = resume_from(folder / "checkpoints")
    length = length or Length(epochs=EPOCHS)
    data = KeyedDataModule(
        train=Noise(),
        val=Noise(),
        batch_size=2,
        random_seed=5,
        workers=0,
        passes=length.passes,
    )
    with quiet():
        trainer = trainer_for(
            options=options or TrainerOptions(),
            devices=Devices(),
            length=length,
            folder=folder / "checkpoints",
            logger=logger or CSVHistory(),
            callbacks=list(callbacks),
            validate=data.has_validation,
        )
        metrics = fit(trainer, module, data=data, resume=resume)
    return module, metrics, trainer
