"""Measure what a training step takes beyond its network: trainings of 20 weights and the same loop by hand, in turns.

python scripts/bench_loop.py [--log-every 50]

Milliseconds of the processor a step, the median of several rounds. Batches are ready tensors; the differences of the
two are Lightning, keys of randomness, the bar's numbers, the history, and the look for what is not a number.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from wsss.training.between_steps import BetweenSteps
from wsss.training.data import KeyedDataModule
from wsss.training.length import Length
from wsss.training.loggers.options import CSVHistory
from wsss.training.module import KeyedModule
from wsss.training.options import FitOptions
from wsss.training.trainer import Bar, Devices, fit, quiet, trainer_for
from wsss.training.trainer_options import TrainerOptions, TrainerRuntime

STEPS: Final = 400
BATCH: Final = 2
ROUNDS: Final = 5


class Ready(Dataset[Any]):
    """Inputs of four numbers, with answers."""

    def __len__(self) -> int:
        """Return how many there are: an epoch of `STEPS` steps."""
        return STEPS * BATCH

    def __getitem__(self, asked: Any) -> tuple[Tensor, Tensor]:
        """Return the same for whatever is asked."""
        return torch.ones(4), torch.ones(1)


class Small(KeyedModule):
    """A network of 20 weights, that is to say of nothing."""

    def __init__(self) -> None:
        super().__init__(fit=FitOptions(epochs=1, batch_size=BATCH, learning_rate=0.001), random_seed=0)
        self.network = nn.Linear(4, 4)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return a loss."""
        inputs, answers = batch
        loss = functional.mse_loss(self.network(inputs).sum(dim=1, keepdim=True), answers)
        self.log("train/loss", loss.detach())
        return loss

    def configure_optimizers(self) -> Any:
        """Return that of all trainings."""
        return self.sgd(backbone=[], head=self.network.parameters())


def product(folder: Path, *, log_every: int) -> float:
    """Return the processor seconds a step of a training as stages have it."""
    length = Length(epochs=1, each=STEPS)
    module, data = Small(), KeyedDataModule(train=Ready(), val=None, batch_size=BATCH, random_seed=0, workers=0)
    with quiet():
        trainer = trainer_for(
            options=TrainerOptions(runtime=TrainerRuntime(log_every=log_every)),
            devices=Devices(),
            length=length,
            folder=folder / "checkpoints",
            logger=CSVHistory(),
            callbacks=[
                Bar(lambda *_, **__: None),
                BetweenSteps(folder / "checkpoints", seconds=None, asked=lambda: False),
                clock := Clock(),
            ],
            validate=False,
        )
        fit(trainer, module, data=data, resume=None)
    return clock.spent / (STEPS - 1)


class Clock(pl.Callback):
    """Counts from the first step to the last."""

    spent = 0.0

    def on_train_batch_end(self, trainer: pl.Trainer, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Begin after the first step, and end after the last."""
        if batch_idx == 0:
            self.started = time.process_time()
        self.spent = time.process_time() - self.started


def bare() -> float:
    """Return the processor seconds a step of the same loop by hand."""
    network, data = nn.Linear(4, 4), Ready()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.PolynomialLR(optimiser, total_iters=STEPS, power=0.9)
    started = time.process_time()
    for inputs, answers in torch.utils.data.DataLoader(data, batch_size=BATCH):
        loss = functional.mse_loss(network(inputs).sum(dim=1, keepdim=True), answers)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
    return (time.process_time() - started) / STEPS


def main() -> None:
    """Print both, and the difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log-every", type=int, default=50, help="steps between two that are logged")
    options = parser.parse_args()
    torch.set_num_threads(1)
    by_hand, training = [], []
    for _ in range(ROUNDS):
        by_hand.append(1000 * bare())
        with tempfile.TemporaryDirectory() as folder:
            training.append(1000 * product(Path(folder), log_every=options.log_every))
    differences = [whole - loop for whole, loop in zip(training, by_hand, strict=True)]
    for name, values in (("training", training), ("by hand", by_hand), ("difference", differences)):
        print(f"{name:<11}{statistics.median(values):7.2f} ms a step   {' '.join(f'{v:.2f}' for v in values)}")


if __name__ == "__main__":
    main()
