"""The barrier: where the processes that make one artifact wait for each other."""

from datetime import timedelta
from typing import Final

import torch
from torch import distributed

from wsss.engine.processes import world

PATIENCE: Final = timedelta(days=14)
"""How long a worker waits for the others: shares of a Map stage may differ by hours, and a death ends them all."""


def barrier() -> None:
    """Wait until every worker has come here; a training's process group is used, or one is made."""
    if _met():
        distributed.barrier()


def any_worker(mine: bool) -> bool:  # noqa: FBT001
    """Return whether it is so for any worker, when every one has come here; for Map stages, which have no group."""
    if not _met():
        return mine
    count = torch.tensor(int(mine))
    distributed.all_reduce(count)
    return bool(count)


def _met() -> bool:
    if world().size == 1:
        return False
    if not distributed.is_initialized():
        distributed.init_process_group("gloo", timeout=PATIENCE)
    return True
