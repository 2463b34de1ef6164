"""Work on many items by threads, with a bounded number of results ahead of whoever takes them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from wsss.engine.processes import world

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Yield `work(item)` in the items' order, a few items a core at a time.

    A pool's own map over all items at once would hold the results of all of them.
    """
    cores = world().cores
    chunk = 4 * cores
    with ThreadPoolExecutor(cores) as pool:
        for start in range(0, len(items), chunk):
            yield from pool.map(work, items[start : start + chunk])
