"""Records that a process reads once, and again when their files have changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from wsss.store.digests import state_in
from wsss.store.hashed import is_settled

T = TypeVar("T")


class ReadOnce(Generic[T]):
    """What was read from files, as long as their sizes, times and inodes stay the same. Nobody may change it."""

    def __init__(self, read: Callable[[Path], T], *, most: int) -> None:
        """Keep what `read` made of files last, of at most `most` bytes together."""
        self._read, self._most = read, most
        self._known: dict[Path, tuple[list[int], T]] = {}

    def get(self, path: Path) -> T:
        """Return what a file holds; raises as reading it does."""
        try:
            state = state_in(path.lstat())
        except OSError:
            return self._read(path)
        known = self._known.get(path)
        if known is not None and known[0] == state:
            return known[1]
        value = self._read(path)
        if is_settled(state):
            self._keep(path, state, value)
        return value

    def _keep(self, path: Path, state: list[int], value: T) -> None:
        self._known.pop(path, None)
        self._known[path] = state, value
        while sum(size for (size, *_), _ in self._known.values()) > self._most:
            del self._known[next(iter(self._known))]
