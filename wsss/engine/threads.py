"""Work on many items by threads, with a bounded number of results ahead of whoever takes them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from wsss.engine.processes import world

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Yield `work(item)` in the items' order, a few items a core at a time.

    A pool's own map over all items at once would hold the results of all of them. There is a thread for each core, so
    torch does not start more within them: small maps would wait for each other twenty times as long as they compute.
    """
    cores, torch_threads = world().cores, torch.get_num_threads()
    chunk = 4 * cores
    try:
        with ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for start in range(0, len(items), chunk):
                yield from pool.map(work, items[start : start + chunk])
    finally:
        torch.set_num_threads(torch_threads)  # otherwise threads that start later would have one as well
