"""Randomness of a training as a function of where training stands: (`random_seed`, epoch, image) and nothing else.

So a training that was stopped and resumed, or that is spread over other devices or loader processes, sees the same
images in the same order with the same augmentation.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Sampler

from wsss.errors import ConfigError


def mix(purpose: str, *numbers: int) -> int:
    """Return 63 bits that depend on the arguments alone: the same in every process, on every machine, in every release.

    `purpose` keeps apart what has the same numbers, such as an epoch's order and an image's augmentation. The bits are
    the first of BLAKE2b over the arguments' text; Python's `hash` would not do, since it is salted for text.
    """
    text = ":".join([purpose, *(str(number) for number in numbers)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def item_key(*, random_seed: int, epoch: int, item: int) -> int:
    """Return the key of an image's augmentation in an epoch, in 0 .. 2^63 - 1."""
    return mix("item", random_seed, epoch, item)


class KeyedSampler(Sampler[tuple[int, int]]):
    """One rank's (epoch, item) pairs: the same global batches for any number of ranks, each batch cut among them.

    The order of an epoch is a permutation that depends on `random_seed` and the epoch alone. A batch is cut into
    `passes` equal parts, and rank r takes the r-th of `world` equal pieces of each; an incomplete batch is dropped.
    Give it to a `KeyedLoader` as `sampler`, with `batch_size=sampler.local_batch_size`; Lightning then calls
    `set_epoch`, if the Trainer leaves the sampler there (`use_distributed_sampler=False`, no `overfit_batches`).

    Args:
        count: Number of items in the data.
        batch_size: The global one, over all ranks and passes together.
        random_seed: The run's seed.
        rank: This process's place among `world`, from 0.
        world: Number of processes (devices) that train together.
        passes: Parts of a batch that are seen one after the other before a step.
        start: (epoch, batch) at which a training goes on: that epoch's batches before it are left out.

    Raises:
        ConfigError: The batch does not divide by the ranks, or is larger than the data.
    """

    def __init__(
        self,
        count: int,
        *,
        batch_size: int,
        random_seed: int,
        rank: int = 0,
        world: int = 1,
        passes: int = 1,
        start: tuple[int, int] = (0, 0),
    ) -> None:
        assert 0 <= rank < world
        _check_batch_size(batch_size, count=count, world=world, passes=passes)
        self.batch_size = batch_size
        self.local_batch_size = batch_size // (world * passes)
        self.epoch = 0
        self._count = count
        self._random_seed = random_seed
        self._rank = rank
        self._world = world
        self._passes = passes
        self._start = start

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the iterations that begin after this."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Return the number of pairs that this rank sees in a whole epoch."""
        return self._count // self.batch_size * self._passes * self.local_batch_size

    def __iter__(self) -> Iterator[tuple[int, int]]:
        epoch = self.epoch
        order = np.random.default_rng(mix("order", self._random_seed, epoch)).permutation(self._count)
        batches = self._count // self.batch_size
        pieces = order[: batches * self.batch_size].reshape(batches, self._passes, self._world, self.local_batch_size)
        first = self._start[1] if epoch == self._start[0] else 0
        for item in pieces[first:, :, self._rank].ravel().tolist():
            yield epoch, item


class KeyedLoader(DataLoader[Any]):
    """A `DataLoader` that asks its sampler for nothing before the first batch is wanted.

    When Lightning resumes a training, it makes the loader's iterator before it calls `set_epoch`. An ordinary loader
    with worker processes fetches at once, and sees epoch 0 again instead of the next one (tried with Lightning 2.6).
    """

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # a generator, whose body waits for the first `next`
        yield from super().__iter__()


def check_share(batch_size: int, *, workers: int, passes: int = 1) -> None:
    """Raise a `ConfigError` where a global batch does not divide among the processes of a training and its passes."""
    parts = workers * passes
    if batch_size >= 1 and batch_size % parts == 0:
        return
    below, above = batch_size // parts * parts, (batch_size // parts + 1) * parts
    remedy = f"use {below} or {above}" if below >= 1 else f"use {max(above, parts)}"
    among = f"{workers} devices" if passes == 1 else f"{workers} devices and {passes} passes (accumulate)"
    raise ConfigError([f"batch_size: {batch_size} images do not divide among {among}: {remedy}"])


def _check_batch_size(batch_size: int, *, count: int, world: int, passes: int) -> None:
    check_share(batch_size, workers=world, passes=passes)
    if batch_size > count:
        most = count // (world * passes) * world * passes
        remedy = f"use at most {most}" if most else f"train on fewer than {world} devices, or add images"
        raise ConfigError([f"batch_size: {batch_size} is more than the {count} images there are: {remedy}"])
