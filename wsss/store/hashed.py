"""Files of an artifact as one look at its folder finds them, and their hashes, which a process takes once."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from wsss.ahead import map_ahead
from wsss.cores import readers
from wsss.paths import folders_below, sha256
from wsss.store.digests import state_in

Entry = os.DirEntry[str]

SETTLED: Final = 0.1
"""Seconds after which a file that is written again has another time, on any file system's clock."""
MANY: Final = 64
"""Files that are hashed on several threads."""

_known: dict[str, tuple[list[int], str]] = {}
"""State and hash of files by their paths."""


def found_below(folder: Path, *, too_deep: Callable[[Path], object] = lambda _: None) -> Iterator[tuple[str, Entry]]:
    """Yield whatever lies below a folder and is not a folder itself, by its name there; links are not followed.

    Folders whose path is longer than the system takes are handed to `too_deep`.
    """
    start = len(str(folder)) + 1
    for here, entries in folders_below(folder, too_deep=too_deep):
        above = f"{here}/"[start:]
        yield from ((f"{above}{entry.name}", entry) for entry in entries if not entry.is_dir(follow_symlinks=False))


def hashes(files: Sequence[Entry]) -> Iterator[str]:
    """Yield the hash of each regular file; what this process has hashed is not read again where it is as it was.

    That is told by size, times of change and inode. Many are read on threads.
    """
    if len(files) < MANY:
        yield from map(_hash, files)
        return
    with ThreadPoolExecutor(readers()) as pool:
        yield from map_ahead(pool, _hash, files)


def hash_of(path: Path) -> str:
    """Return the hash of a regular file as `hashes` does; raises `OSError` for anything else."""
    return _hash_as(str(path), state_in(path.lstat()))


def is_settled(state: Sequence[int]) -> bool:
    """Tell whether a file of this state, by `state_in`, has another one as soon as it is written again."""
    return time.time_ns() - max(state[1:3]) > SETTLED * 1e9


def _hash(file: Entry) -> str:
    return _hash_as(file.path, state_in(file.stat(follow_symlinks=False)))


def _hash_as(path: str, state: list[int]) -> str:
    known = _known.get(path)
    if known is not None and known[0] == state:
        return known[1]
    digest = sha256(Path(path))
    if is_settled(state):
        _known[path] = state, digest
    return digest
