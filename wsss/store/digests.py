"""Digests of files outside the store, by their content."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, NamedTuple

from wsss.ahead import map_ahead
from wsss.cores import readers
from wsss.data.files_below import holds, named_below
from wsss.errors import DataError
from wsss.paths import NotRegularError, sha256
from wsss.store.fingerprint import LENGTH
from wsss.store.seen_files import digest_in, has_state, read_seen, seen_file, state_bytes, write_seen

END: Final = b"\0"
"""After each source: a file that moves from one to the next is another content."""
MANY: Final = 1_000
"""Files that are read on several threads, and so long that somebody wants to see how far that is."""
Watch = Callable[[int], AbstractContextManager[Callable[[], object]]]
"""Shows progress: opened with the number of files; what it gives is called after each of them."""


class _File(NamedTuple):
    """A file of a source, as it is now."""

    name: str
    """Relative to the source; a source that is a file has none."""
    path: str
    state: bytes
    """As `state_bytes` tells it."""


class Digests:
    """Hashes of files and folders by content; a file that is as it was when it was read is not read again.

    It is, where its size, its times of change and its inode are the same; `rehash` reads every file once more.
    """

    def __init__(
        self, cache: Path, *, rehash: bool = False, watch: Watch = lambda _: nullcontext(lambda: None)
    ) -> None:
        self._cache, self._watch = cache, watch
        self._known = read_seen(cache)
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
            top = str(source.resolve())
            before = {name: known for name, known in self._known.items() if _is_below(name, top)}
            files, new = dict[str, str](), list[_File]()
            for file in _files(source):
                files[file.path] = file.name
                if not self._as_before(file):
                    new.append(file)
            self._read(new)
            for path, name in files.items():
                total.update(_line(name, self._known[path]))
            self._note_changes(before, files.keys())
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
            for file in _files(source):
                if not self._as_before(file):
                    return None
                total.update(_line(file.name, self._known[file.path]))
            total.update(END)
        return total.hexdigest()[:LENGTH]

    def save(self) -> None:
        """Keep what was hashed for the next time."""
        if self._changed:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            write_seen(self._cache, self._known)
            self._changed = False

    def _note_changes(self, before: Mapping[str, bytes], now: Collection[str]) -> None:
        """Compare files of a source with what was read of it earlier, and forget those that are gone."""
        gone = [name for name in before if name not in now]
        for name in gone:
            del self._known[name]
            self._changed = True
        if before:
            other = [name for name in now if digest_in(before.get(name, b"")) != digest_in(self._known[name])]
            self.changed += [Path(name) for name in sorted([*gone, *other])]

    def _read(self, files: Sequence[_File]) -> None:
        """Hash files, many of them on threads: a disk, and more so a server, answers several at once."""
        many = len(files) >= MANY
        threads = readers() if many else 1
        with ThreadPoolExecutor(threads) as pool, self._watch(len(files)) if many else nullcontext(None) as advance:
            for file, digest in zip(files, map_ahead(pool, _hash, (file.path for file in files)), strict=True):
                self._known[file.path] = seen_file(file.state, digest)
                self._unread.discard(file.path)
                self._changed = True
                if advance is not None:
                    advance()

    def _as_before(self, file: _File) -> bool:
        return file.path not in self._unread and has_state(self._known.get(file.path, b""), file.state)


def _line(name: str, known: bytes) -> bytes:
    return f"{name}\0{digest_in(known)}\n".encode()


def state_of(path: Path) -> list[int]:
    """Return what tells that a file was written: also where its size is the same and its time was set back."""
    return state_in(path.stat())


def state_in(stat: os.stat_result) -> list[int]:
    """Return the same out of what the system told of a file."""
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _is_below(name: str, top: str) -> bool:
    return name == top or name.startswith(top.rstrip(os.sep) + os.sep)


def _hash(path: str) -> str:
    try:
        return sha256(Path(path), links=True)
    except NotRegularError as error:
        raise DataError(f"{path} {error.strerror}: replace it by a file") from error
    except PermissionError as error:
        raise DataError(f"{path} may not be read by you: change its permissions") from error


def _files(source: Path) -> Iterator[_File]:
    """Yield every file, sorted and without hidden ones; each is looked at once."""
    source = source.resolve()
    if source.is_file():
        yield _File("", str(source), state_bytes(state_of(source)))
        return
    for name, entry in named_below(source):
        if holds(entry.is_file):
            yield _File(name, entry.path, state_bytes(state_in(entry.stat())))
