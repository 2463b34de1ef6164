"""The barrier: where the processes that make one artifact wait for each other."""

import itertools
import time
from functools import cache
from typing import Final

from torch.distributed.distributed_c10d import Store
from torch.distributed.rendezvous import rendezvous

from wsss.engine.processes import world

EVERY: Final = 0.5
"""Seconds between two looks at who has come, at most: shares of a Map stage may differ by hours."""

_meetings = itertools.count()


def barrier() -> None:
    """Wait until every worker has come here; a signal is heard meanwhile."""
    any_worker(mine=False)


def any_worker(*, mine: bool) -> bool:
    """Return whether it is so for any worker, when every one has come here; a signal is heard meanwhile.

    They meet in the store of whoever launched them. In a process group the wait would be in code that hears nothing: a
    worker that waits for one that failed would have to be killed, after the half minute that launchers give it.
    """
    here = world()
    if here.size == 1:
        return mine
    meeting, store = f"wsss/{next(_meetings)}", _store()
    store.add(f"{meeting}/yes", int(mine))
    store.add(f"{meeting}/come", 1)
    _wait(store, f"{meeting}/come", here.size)
    answer = store.add(f"{meeting}/yes", 0) > 0
    store.add(f"{meeting}/gone", 1)
    if here.rank == 0:  # the store may end with this process
        _wait(store, f"{meeting}/gone", here.size)
    return answer


def _wait(store: Store, name: str, count: int) -> None:
    pause = 0.01
    while store.add(name, 0) < count:
        time.sleep(pause)
        pause = min(EVERY, 2 * pause)


@cache
def _store() -> Store:
    store: Store = next(rendezvous("env://"))[0]
    return store
