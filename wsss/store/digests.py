"""Digests of files outside the store, by their content."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

from annotated_types import Len

from wsss.data.files_below import files_below
from wsss.errors import DataError, StoreError
from wsss.paths import NotRegularError, sha256
from wsss.store.fingerprint import LENGTH
from wsss.store.texts import read_json, write_json

END: Final = b"\0"
"""After each source: a file that moves from one to the next is another content."""
_State = Annotated[list[int | str], Len(5, 5)]
"""What `state_of` tells of a file, and the hash of its bytes."""


class Digests:
    """Hashes of files and folders by content; a file that is as it was when it was read is not read again.

    It is, where its size, its times of change and its inode are the same; `rehash` reads every file once more.
    """

    def __init__(self, cache: Path, *, rehash: bool = False) -> None:
        self._cache = cache
        self._known = _kept(cache)
        self._unread = set(self._known) if rehash else set()
        self._changed = False
        self.changed: list[Path] = []
        """What the latest `of` found new, gone or of other bytes, where something was read there before."""

    def of(self, sources: Iterable[Path]) -> str:
        """Return one digest of files, by their bytes, and of everything below folders, by relative names and bytes.

        Raises `DataError` for a source that is not there.
        """
        total = hashlib.sha256()
        self.changed = []
        for source in sources:
            if not source.exists():
                raise DataError(f"{source} does not exist: check `dataset.root`, or the path that names it")
            files = list(_files(source))
            top = str(source.resolve())
            before = {name: known for name, known in self._known.items() if _is_below(name, top)}
            for name, path in files:
                total.update(_line(name, self._of_file(path)))
            self._note_changes(before, [str(path) for _, path in files])
            total.update(END)
        return total.hexdigest()[:LENGTH]

    def know(self, sources: Iterable[Path]) -> bool:
        """Tell whether `of` would answer at once: every file is there, as it was when it was read."""
        return self.known(sources) is not None

    def known(self, sources: Iterable[Path]) -> str | None:
        """Return what `of` would answer; None where it would read a file for that, or miss one."""
        total = hashlib.sha256()
        for source in sources:
            if not source.exists():
                return None
            for name, path in _files(source):
                if not self._as_before(path):
                    return None
                total.update(_line(name, self._known[str(path)]))
            total.update(END)
        return total.hexdigest()[:LENGTH]

    def save(self) -> None:
        """Keep what was hashed for the next time."""
        if self._changed:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._cache, self._known)
            self._changed = False

    def _note_changes(self, before: Mapping[str, _State], now: Iterable[str]) -> None:
        """Compare files of a source with what was read of it earlier, and forget those that are gone."""
        gone = before.keys() - set(now)
        for name in gone:
            del self._known[name]
            self._changed = True
        if before:
            other = {name for name in now if name not in before or before[name][-1] != self._known[name][-1]}
            self.changed += [Path(name) for name in sorted(gone | other)]

    def _of_file(self, path: Path) -> _State:
        if not self._as_before(path):
            self._known[str(path)] = [*state_of(path), _hash(path)]
            self._unread.discard(str(path))
            self._changed = True
        return self._known[str(path)]

    def _as_before(self, path: Path) -> bool:
        return str(path) not in self._unread and self._known.get(str(path), [])[:-1] == state_of(path)


def _line(name: str, state: _State) -> bytes:
    return f"{name}\0{state[-1]}\n".encode()


def _kept(cache: Path) -> dict[str, _State]:
    """Return what is remembered; nothing where that is torn, so that all is read again."""
    try:
        return read_json(cache, dict[str, _State]) if cache.exists() else {}
    except StoreError:
        return {}


def state_of(path: Path) -> list[int]:
    """Return what tells that a file was written: also where its size is the same and its time was set back."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _is_below(name: str, top: str) -> bool:
    return name == top or name.startswith(top.rstrip(os.sep) + os.sep)


def _hash(path: Path) -> str:
    try:
        return sha256(path, links=True)
    except NotRegularError as error:
        raise DataError(f"{path} {error.strerror}: replace it by a file") from error
    except PermissionError as error:
        raise DataError(f"{path} may not be read by you: change its permissions") from error


def _files(source: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file with its name relative to the source, sorted and without hidden ones; a file has no name."""
    source = source.resolve()
    if source.is_file():
        yield "", source
        return
    for path in files_below(source):
        if path.is_file():
            yield path.relative_to(source).as_posix(), path
