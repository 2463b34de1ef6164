"""Fingerprints: what a result depends on, as a hash; and digests of files outside the store."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from wsss.data.files_below import files_below
from wsss.errors import DataError
from wsss.store.files import read_json, write_json

LENGTH = 16
RUNTIME = "runtime"
"""What sits under this key says how a stage is run, not what comes out."""


def fingerprint(
    stage: str, *, version: int, config: Mapping[str, Any], content: Mapping[str, str], inputs: Mapping[str, str]
) -> str:
    """Hash a stage's name, version, config, outside content and inputs.

    `content` maps dotted keys of the config that are paths to digests of what lies there: the digest counts, the path
    does not. Order counts where it has a meaning (a list, a mapping of named refiners), not among an object's fields.
    """
    parts = {
        "stage": stage,
        "version": version,
        "config": _canonical(config, key="", content=content),
        "content": sorted(content.items()),
        "inputs": sorted(inputs.items()),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:LENGTH]


def _canonical(node: Any, *, key: str, content: Mapping[str, str]) -> Any:
    if key in content:
        return None
    if isinstance(node, Mapping):
        names = sorted(node) if "_target_" in node else list(node)
        return [
            [name, _canonical(node[name], key=f"{key}.{name}".lstrip("."), content=content)]
            for name in names
            if name != RUNTIME
        ]
    if isinstance(node, list | tuple):
        return [_canonical(item, key=f"{key}.{i}", content=content) for i, item in enumerate(node)]
    return node


class Digests:
    """Hashes of files and folders by content; a file whose size and time are as before is not read again."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._known: dict[str, list[Any]] = read_json(cache) if cache.exists() else {}
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
                total.update(f"{name}\0{self._of_file(path)}\n".encode())
            self._note_changes(before, [str(path) for _, path in files])
            total.update(b"\0")  # a file that moves from one source to the next is another content
        return total.hexdigest()[:LENGTH]

    def know(self, sources: Iterable[Path]) -> bool:
        """Tell whether `of` would answer at once: every file is there, as it was when it was read."""
        return all(source.exists() and all(self._as_before(path) for _, path in _files(source)) for source in sources)

    def save(self) -> None:
        """Keep what was hashed for the next time."""
        if self._changed:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._cache, self._known)

    def _note_changes(self, before: Mapping[str, list[Any]], now: Iterable[str]) -> None:
        """Compare files of a source with what was read of it earlier, and forget those that are gone."""
        gone = before.keys() - set(now)
        for name in gone:
            del self._known[name]
            self._changed = True
        if before:
            other = {name for name in now if name not in before or before[name][2] != self._known[name][2]}
            self.changed += [Path(name) for name in sorted(gone | other)]

    def _of_file(self, path: Path) -> str:
        if not self._as_before(path):
            stat = path.stat()
            self._known[str(path)] = [stat.st_size, stat.st_mtime_ns, _hash(path)]
            self._changed = True
        return str(self._known[str(path)][2])

    def _as_before(self, path: Path) -> bool:
        stat = path.stat()
        return self._known.get(str(path), [])[:2] == [stat.st_size, stat.st_mtime_ns]


def _is_below(name: str, top: str) -> bool:
    return name == top or name.startswith(top.rstrip(os.sep) + os.sep)


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
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
