"""The one LightningDataModule: keyed training batches, and validation items dealt out without padding."""

from typing import Any

import pytorch_lightning as pl
from torch.utils.data import DataLoader, Dataset, Subset

from wsss.data.keys import KeyedSampler


class KeyedDataModule(pl.LightningDataModule):
    """Serves datasets whose training items are asked for by (epoch, item). `batch_size` is the global one."""

    def __init__(
        self,
        *,
        train: Dataset[Any],
        val: Dataset[Any] | None,
        batch_size: int,
        random_seed: int,
        workers: int,
    ) -> None:
        super().__init__()
        self._train, self._val = train, val
        self._batch_size, self._random_seed, self._workers = batch_size, random_seed, workers

    def train_dataloader(self) -> DataLoader[Any]:
        """Serve this rank's part of every global batch; Lightning tells the sampler the epoch."""
        trainer = self.trainer
        assert trainer is not None
        sampler = KeyedSampler(
            items=len(self._train),  # type: ignore[arg-type]
            batch_size=self._batch_size,
            random_seed=self._random_seed,
            rank=trainer.global_rank,
            world=trainer.world_size,
        )
        return self._loader(self._train, sampler=sampler)

    def val_dataloader(self) -> DataLoader[Any] | list[Any]:
        """Serve every world-th item: no item is seen twice, so scores need no correction."""
        if self._val is None:
            return []
        assert self.trainer is not None
        own = range(self.trainer.global_rank, len(self._val), self.trainer.world_size)  # type: ignore[arg-type]
        return self._loader(Subset(self._val, own), sampler=None)

    def _loader(self, data: Dataset[Any], *, sampler: KeyedSampler | None) -> DataLoader[Any]:
        assert self.trainer is not None
        return DataLoader(
            data,
            batch_size=self._batch_size // self.trainer.world_size,
            sampler=sampler,
            num_workers=self._workers,
            persistent_workers=self._workers > 0,
            pin_memory=self.trainer.accelerator.__class__.__name__ == "CUDAAccelerator",
        )
