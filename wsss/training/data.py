"""The one LightningDataModule: keyed training batches, and validation items dealt out without padding."""

import signal
from multiprocessing import active_children
from multiprocessing.util import Finalize
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset, Subset

from wsss.data import augmentation  # noqa: F401 - loader processes are forked: they find it imported, and do not each do so
from wsss.data.datasets import ready
from wsss.data.randomness import KeyedLoader, KeyedSampler
from wsss.models.normalisation import Normalisation
from wsss.signals import SIGNALS


class KeyedDataModule(pl.LightningDataModule):
    """Serves datasets whose training items are asked for by (epoch, item).

    `batch_size` is the global one, of all passes of a step. With a `normalisation`, samples hold pixels, which are
    normalised on the device.
    """

    def __init__(
        self,
        *,
        train: Dataset[Any],
        val: Dataset[Any] | None,
        batch_size: int,
        random_seed: int,
        workers: int,
        passes: int = 1,
        normalisation: Normalisation | None = None,
    ) -> None:
        super().__init__()
        self._train, self._val = train, val
        self._batch_size, self._random_seed, self._workers = batch_size, random_seed, workers
        self._passes = passes
        self._normalisation = normalisation
        self._start = (0, 0)

    def go_on_after(self, step: int) -> None:
        """Let training begin after so many steps, in the middle of an epoch too."""
        self._start = divmod(step, self.steps)

    @property
    def steps(self) -> int:
        """Optimiser steps of an epoch."""
        return len(self._train) // self._batch_size  # type: ignore[arg-type]

    def train_dataloader(self) -> DataLoader[Any]:
        """Serve this rank's part of every global batch; Lightning tells the sampler the epoch."""
        assert self.trainer is not None
        sampler = KeyedSampler(
            len(self._train),  # type: ignore[arg-type]
            batch_size=self._batch_size,
            random_seed=self._random_seed,
            rank=self.trainer.global_rank,
            world=self.trainer.world_size,
            passes=self._passes,
            start=self._start,
        )
        loading = self._loading(batches=self.steps * self._passes)
        return KeyedLoader(self._train, sampler=sampler, batch_size=sampler.local_batch_size, **loading)

    @property
    def has_validation(self) -> bool:
        """Whether there is anything to validate on."""
        return self._val is not None

    def val_dataloader(self) -> DataLoader[Any] | list[Any]:
        """Serve every world-th item: no item is seen twice, so scores need no correction."""
        if self._val is None:
            return []
        assert self.trainer is not None
        own = range(self.trainer.global_rank, len(self._val), self.trainer.world_size)  # type: ignore[arg-type]
        batch_size = max(1, self._batch_size // (self._passes * self.trainer.world_size))
        loading = self._loading(batches=-(-len(own) // batch_size))
        return DataLoader(Subset(self._val, own), batch_size=batch_size, **loading)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Normalise the pixels of a batch on its device."""
        return batch if self._normalisation is None else ready(batch, self._normalisation)

    def _loading(self, *, batches: int) -> dict[str, Any]:
        workers = min(self._workers, batches)  # a process more would wait for ever
        if workers:
            Finalize(None, _end_loaders, exitpriority=0)
        return {
            "num_workers": workers,
            "persistent_workers": workers > 0,
            "pin_memory": torch.cuda.is_available(),
            "worker_init_fn": _leave_signals,
        }


def _end_loaders() -> None:
    """Kill the loader processes of a training that was ended, as Python exits.

    They leave signals alone, and multiprocessing would send each one and wait for it for ever.
    """
    for process in active_children():
        if process.daemon:
            process.kill()


def _leave_signals(_: int) -> None:
    """Leave signals to the process of the training: a terminal and SLURM send them to all processes.

    A loader process that ended at once might hold a lock, for which the training would wait for ever. A second SIGTERM
    ends it: torch sends one to a loader process that does not end in order.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: signal.signal(signal.SIGTERM, signal.SIG_DFL))
