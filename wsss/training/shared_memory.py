"""Check that the shared memory of this machine holds what loader processes put there."""

import shutil
from pathlib import Path
from typing import Final

from wsss.errors import ConfigError

FOLDER: Final = Path("/dev/shm")  # noqa: S108 - where Linux keeps it
PREFETCHED: Final = 2
"""Batches that a loader process makes ahead, by torch's default."""
MB: Final = 2**20


def check_shared_memory(batch: int, *, workers: int, steps: int) -> None:
    """Raise `ConfigError` where batches of so many bytes do not fit; a process that finds no room there dies.

    Args:
        batch: Bytes of a batch.
        workers: Loader processes; without any, batches stay in the memory of the process that asks for them.
        steps: Batches of an epoch: there are never more at once.
    """
    if workers == 0 or not FOLDER.is_dir():
        return
    needed = batch * min(PREFETCHED * workers + 1, steps)
    free = shutil.disk_usage(FOLDER).free
    if needed > free:
        room = f"put up to {needed / MB:.0f} MB into {FOLDER}, which has {free / MB:.0f} MB free"
        remedy = f"give it more (docker run --shm-size={_gigabytes(needed)}g), use 0, or a smaller fit.*.batch_size"
        raise ConfigError([f"runtime.workers: {workers} loader processes {room}: {remedy}"])


def _gigabytes(needed: int) -> int:
    """Return twice as much, in whole gigabytes."""
    return -(-2 * needed // 2**30)
