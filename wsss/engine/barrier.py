"""The barrier: where the processes that make one artifact wait for each other."""

from datetime import timedelta
from typing import Final

from torch import distributed

from wsss.engine.processes import world

PATIENCE: Final = timedelta(days=14)
"""How long a worker waits for the others: shares of a Map stage may differ by hours, and a death ends them all."""


def barrier() -> None:
    """Wait until every worker has come here; a training's process group is used, or one is made."""
    if world().size == 1:
        return
    if not distributed.is_initialized():
        distributed.init_process_group("gloo", timeout=PATIENCE)
    distributed.barrier()
