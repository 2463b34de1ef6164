"""Find the files below a folder: links are followed, and those that lead in a circle are not."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from wsss.errors import DataError
from wsss.paths import name_below

Entry = os.DirEntry[str]


def files_below(folder: Path) -> Iterator[Path]:
    """Yield whatever is not a folder below `folder`: a folder's own files first, sorted, without hidden ones.

    Links to folders are followed, but for those that lead back to a folder that they lie in. A link that leads nowhere
    counts as a file, so that whoever reads it can name it. Raises `DataError` for a folder that may not be read, and
    for a name that is not UTF-8, which no list, index or page can hold.
    """
    for entry in entries_below(folder):
        yield Path(entry.path)


def entries_below(folder: Path) -> Iterator[Entry]:
    """Yield the same as the system lists it, which tells the kind of most files without looking at each."""
    waiting: list[tuple[str, tuple[Path, ...]]] = [(str(folder), (folder.resolve(),))]
    while waiting:
        here, inside = waiting.pop()
        files, folders = _parted(here)
        files.reverse()
        while files:
            yield files.pop()  # an entry keeps what the system told of its file, 0.6 KB, until it is let go of
        below: list[tuple[str, tuple[Path, ...]]] = []
        for entry in folders:
            linked = entry.is_symlink()  # nothing else leads back
            real = Path(entry.path).resolve() if linked else inside[-1] / entry.name
            if not (linked and any(each.is_relative_to(real) for each in inside)):
                below.append((entry.path, (*inside, real)))
        waiting += reversed(below)


def named_below(folder: Path) -> Iterator[tuple[str, Entry]]:
    """Yield the same, each by its name below the folder as POSIX."""
    for entry in entries_below(folder):
        yield name_below(folder, entry.path), entry


def holds(is_one: Callable[[], bool]) -> bool:
    """Return an entry's `is_file` or `is_dir`; False for a link that leads nowhere or in a circle."""
    try:
        return is_one()
    except OSError:
        return False


def _parted(folder: str) -> tuple[list[Entry], list[Entry]]:
    """Return what is not a folder in a folder, and the folders, both sorted."""
    try:
        with os.scandir(folder) as listed:
            entries = sorted((each for each in listed if not each.name.startswith(".")), key=lambda each: each.name)
    except PermissionError as error:
        raise DataError(f"{folder} may not be read by you: change its permissions") from error
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise DataError(f"{folder[:200]}... holds folders too deep to be looked at: move it elsewhere") from error
    for entry in entries:
        _check_name(entry.name, folder)
    folders = [entry for entry in entries if holds(entry.is_dir)]
    apart = {entry.name for entry in folders}
    return [entry for entry in entries if entry.name not in apart], folders


def _check_name(name: str, folder: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        where = f"the folder {folder} holds the name {name!a}"
        raise DataError(f"{where}, which is not UTF-8: rename it, as with `convmv`") from error
