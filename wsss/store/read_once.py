"""Files that a process reads once, and again when they have changed: for their records or their hashes."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Generic, TypeVar

from wsss.store.digests import state_in

T = TypeVar("T")

SETTLED: Final = 0.1
"""Seconds after which a file that is written again has another time, on any file system's clock."""


class ReadOnce(Generic[T]):
    """What was read from files, as long as their sizes, times and inodes stay the same. Nobody may change it."""

    def __init__(self, read: Callable[[Path], T], *, most: int | None = None) -> None:
        """Keep what `read` makes of files: of all, or of the latest ones that have `most` bytes together."""
        self._read, self._most = read, most
        self._known: dict[str, tuple[Sequence[int], T]] = {}

    def get(self, path: Path) -> T:
        """Return what a file holds; raises as reading it does."""
        try:
            state = state_in(path.lstat())
        except OSError:
            return self._read(path)
        return self.get_as(str(path), state)

    def get_as(self, path: str, state: Sequence[int]) -> T:
        """Return what a file holds whose `state` was looked up already, as `state_in` tells it."""
        known = self._known.get(path)
        if known is not None and known[0] == state:
            return known[1]
        value = self._read(Path(path))
        if time.time_ns() - max(state[1:3]) > SETTLED * 1e9:
            self._keep(path, state, value)
        return value

    def _keep(self, path: str, state: Sequence[int], value: T) -> None:
        self._known.pop(path, None)
        self._known[path] = state, value
        if self._most is not None:
            while sum(size for (size, *_), _ in self._known.values()) > self._most:
                del self._known[next(iter(self._known))]
