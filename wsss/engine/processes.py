"""The processes that make one artifact together: which of them this is, and where they wait for each other."""

import multiprocessing
import os
import threading
import time
from dataclasses import dataclass
from typing import Final

from wsss.cores import usable_cores

CORES: Final = "WSSS_CORES"
"""The variable by which whoever starts a process keeps it to so many of the cores."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Which worker this is. `rank` counts over all machines, `local_rank` those of this machine, both from 0."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1

    @property
    def machines(self) -> int:
        """On how many machines the workers are spread."""
        return self.size // self.local_size

    @property
    def cores(self) -> int:
        """How many cores this worker may keep busy: its part of the machine's."""
        all_cores = usable_cores()
        all_cores = min(all_cores, int(os.environ.get(CORES) or all_cores))
        return max(1, all_cores // self.local_size)


def world() -> World:
    """Return what torchrun says in the environment; one process, where it says nothing.

    A rank without a size is another program's, as one that a job script exports to tell its machines apart.
    """
    if not launched():
        return World()
    size = int(os.environ["WORLD_SIZE"])
    return World(
        rank=int(os.environ.get("RANK", "0")),
        size=size,
        local_rank=int(os.environ.get("LOCAL_RANK", "0")),
        local_size=int(os.environ.get("LOCAL_WORLD_SIZE", size)),
    )


def launched() -> bool:
    """Tell whether a launcher started this process, as one of several or alone."""
    return "WORLD_SIZE" in os.environ


def end_with_parent(parent: int | None = None) -> None:
    """End this process soon after its parent's death: a SIGKILL of the parent leaves nobody else to do so.

    A pool's process would otherwise wait for work for ever, and a training go on beside the one that is started next.

    Args:
        parent: The id of the process that started this one, where it is known: it may be dead by now, and another one
            be the parent.
    """
    server = multiprocessing.parent_process()
    parent = os.getppid() if parent is None else parent

    def watch() -> None:
        if server is not None:  # forked by a server, which is not the parent that matters
            server.join()
        while server is None and os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end_with_parent").start()
