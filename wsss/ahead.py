"""Work on threads in the order of the items, a bounded number of them ahead of whoever takes the results."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

AHEAD: Final = 64
"""Items that are begun before they are asked for: several for each thread that reads files."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_ahead(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item], *, ahead: int = AHEAD
) -> Iterator[Result]:
    """Yield `work(item)` in the items' order while at most `ahead` of them are begun, waiting or done.

    A pool's own map hands over all items at once, and keeps about a kilobyte for each that waits.

    >>> with ThreadPoolExecutor(2) as pool:
    ...     list(map_ahead(pool, len, ("a", "bc", "def"), ahead=2))
    [1, 2, 3]
    """
    if ahead < 1:
        raise ValueError(f"ahead must be at least 1, got {ahead}")
    begun: deque[Future[Result]] = deque()
    for item in items:
        if len(begun) == ahead:
            yield begun.popleft().result()
        begun.append(pool.submit(work, item))
    while begun:
        yield begun.popleft().result()
