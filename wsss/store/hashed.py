"""Files of an artifact as one look at its folder finds them, and their hashes, which a process takes once."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from wsss.ahead import map_ahead
from wsss.cores import readers
from wsss.paths import folders_below, name_below, sha256
from wsss.store.digests import state_in
from wsss.store.read_once import ReadOnce

Entry = os.DirEntry[str]

MANY: Final = 64
"""Files that are hashed on several threads."""

_hashed: Final = ReadOnce(sha256)


def found_below(folder: Path, *, too_deep: Callable[[Path], object] = lambda _: None) -> Iterator[tuple[str, Entry]]:
    """Yield whatever lies below a folder and is not a folder itself, by its name there; links are not followed.

    Folders whose path is longer than the system takes are handed to `too_deep`.
    """
    for _, entries in folders_below(folder, too_deep=too_deep):
        inside = (entry for entry in entries if not entry.is_dir(follow_symlinks=False))
        yield from ((name_below(folder, entry.path), entry) for entry in inside)


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
    return _hashed.get_as(str(path), state_in(path.lstat()))


def _hash(file: Entry) -> str:
    return _hashed.get_as(file.path, state_in(file.stat(follow_symlinks=False)))
