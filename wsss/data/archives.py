"""Paths that lead through an archive, such as `shards/000.tar/cat.jpg`: what lies there is read where it is."""

import errno
import os
from collections.abc import Iterator
from functools import lru_cache
from io import BufferedReader, BytesIO
from pathlib import Path
from threading import Lock
from typing import Final

from wsss.data.archive_files import SUFFIXES, Files, archive_files
from wsss.data.files_below import named_below
from wsss.paths import is_regular
from wsss.places import Place, Span, open_place, size_of

KEPT: Final = 128
"""Archives whose lists a process keeps: they are asked for one after the other."""
_reading: Final = Lock()
"""Held while a list is read: threads that wait for it find it read."""


def archive_of(path: Path) -> Path | None:
    """Return the archive that a path is, or leads through; None where it leads through folders alone."""
    if not any(suffix in str(path).lower() for suffix in SUFFIXES):
        return None
    likely = (each for each in (path, *path.parents) if each.suffix.lower() in SUFFIXES)
    return next((each for each in likely if is_regular(each, links=True)), None)


def on_disk(path: Path) -> Path:
    """Return the file or folder of the disk that holds what a path leads to: its archive, or itself."""
    return archive_of(path) or path


def span_at(path: Path) -> Span | None:
    """Return where in an archive a file lies; None for a path that leads through none.

    Raises `FileNotFoundError` where the archive has no such file, `FileError` as `archive_files` does.
    """
    archive = archive_of(path)
    if archive is None or archive == path:
        return None
    name = _below(archive, path)
    if (span := _listed(archive).get(name)) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return Span(archive=archive, name=name, start=span[0], size=span[1])


def spanned(path: Path, span: tuple[int, int]) -> Place:
    """Return what lies at a path through an archive, by its first byte and length: the archive's list is not read."""
    archive = archive_of(path)
    return path if archive is None else Span(archive=archive, name=_below(archive, path), start=span[0], size=span[1])


def open_source(place: Place) -> BufferedReader | BytesIO:
    """Open a file of a data set, in a folder or an archive; links are followed. Raises as `open_regular`, `span_at`."""
    try:
        return open_place(place, links=True)
    except (NotADirectoryError, FileNotFoundError):
        if not isinstance(place, Path) or (span := span_at(place)) is None:
            raise
        return span.open()


def length_of(place: Place) -> int:
    """Return the bytes of a file of a data set; raises as `open_source` does."""
    span = span_at(place) if isinstance(place, Path) else None
    return size_of(span or place)


def is_file(path: Path) -> bool:
    """Tell whether a file lies at a path, in a folder or an archive; an archive itself is a folder."""
    archive = archive_of(path)
    return path.is_file() if archive is None else path != archive and _below(archive, path) in _listed(archive)


def is_folder(path: Path) -> bool:
    """Tell whether a path leads to a folder, to an archive, or to a folder in one."""
    if (archive := archive_of(path)) is None:
        return path.is_dir()
    return archive == path or any(name.startswith(f"{_below(archive, path)}/") for name in _listed(archive))


def names_below(folder: Path) -> Iterator[str]:
    """Yield the names of all files below a folder, or an archive, relative to it as POSIX, without hidden ones.

    Raises `DataError` as `named_below` and `archive_files` do.
    """
    if (archive := archive_of(folder)) is None:
        yield from (name for name, _ in named_below(folder))
        return
    start = "" if archive == folder else f"{_below(archive, folder)}/"
    yield from (name.removeprefix(start) for name in _listed(archive) if name.startswith(start))


def files_in(folder: Path) -> list[str]:
    """Return the names of the files that lie in a folder, or at the top of an archive, itself."""
    if archive_of(folder) is None:
        return sorted(path.name for path in folder.glob("*") if path.is_file())
    return sorted(name for name in names_below(folder) if "/" not in name)


def read_source(path: Path) -> bytes:
    """Return the bytes of a file of a data set; raises as `open_source` does."""
    with open_source(path) as file:
        return file.read()


def forget_lists() -> None:
    """Let go of the lists of archives: where an index is made, nobody asks for them again."""
    _list.cache_clear()


def _below(archive: Path, path: Path) -> str:
    return path.relative_to(archive).as_posix()


def _listed(archive: Path) -> Files:
    found = archive.stat()
    with _reading:
        return _list(str(archive), (found.st_size, found.st_mtime_ns, found.st_ino))


@lru_cache(maxsize=KEPT)
def _list(archive: str, state: tuple[int, ...]) -> Files:
    del state  # a changed archive is read again
    return archive_files(Path(archive))
