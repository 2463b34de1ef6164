"""Safe ways from names in files to files: a name stays inside its folder, and only regular files are opened."""

import errno
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Final

from wsss.errors import OutsideError, StoreError

LONGEST: Final = 4096
"""Characters of a name: file systems take no longer path."""
EMPTY: Final = "is empty, which would be the current folder: name a file or folder, or write . for that one"
"""What is said of an empty path, such as that of a shell's variable that is not set."""
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class NotRegularError(OSError):
    """A folder, pipe, socket or device, or in a store a link, where a file is expected."""


def stored_name(name: str) -> str:
    """Return a name of a file in a store, as POSIX; raises `ValueError` that says what is wrong with another.

    Such a name leads down from its folder. wsss quotes all else: it has no drive, backslash or control character.
    """
    if _CONTROL.search(name) or "\\" in name or _DRIVE.match(name):
        raise ValueError(f"{name[:80]!r} holds a character that no name holds here")
    if any(part in ("", ".") for part in name.split("/")):
        raise ValueError(f"{name[:80]!r} does not lead to a file")
    return leading_down(name)


def leading_down(name: str) -> str:
    """Return a name, as POSIX, that leads down from a folder; raises `ValueError` where it is absolute or has `..`."""
    if not name or len(name) > LONGEST or "\0" in name:
        raise ValueError(f"{name[:80]!r} is not a name")
    if name.startswith("/") or ".." in name.split("/"):
        raise ValueError(f"{name[:80]!r} leads out of its folder")
    return name


def inside(folder: Path, name: str, *, links: bool = False) -> Path:
    """Return the path of a name that was read from a file; raises `OutsideError` where it leads out of its folder.

    Args:
        folder: Where the file lies that is named, or where all names of the record begin.
        name: What was read, as POSIX.
        links: Whether links are followed and all characters taken, as in a data set, whose owner made both. In a store
            nothing below `folder` may be a link.
    """
    try:
        path = folder / PurePosixPath(leading_down(name) if links else stored_name(name))
    except ValueError as error:
        raise OutsideError(
            f"{folder}: {error}, so that it is neither read nor deleted: correct what names it"
        ) from error
    if not links and (link := first_link(folder, path)) is not None:
        raise OutsideError(f"{link} is a link, which is not followed in a store: replace it by what it leads to")
    return path


def first_link(folder: Path, path: Path) -> Path | None:
    """Return the first link on the way from a folder down to a path, None where there is none."""
    here = str(folder)
    for part in path.relative_to(folder).parts:
        here = os.path.join(here, part)  # noqa: PTH118 - a fifth of pathlib's time, for every file of a store
        try:
            if stat.S_ISLNK(os.lstat(here).st_mode):
                return Path(here)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP):
                raise
    return None


def is_regular(path: Path, *, links: bool = False) -> bool:
    """Tell whether a regular file lies there; a link to one counts where `links` are followed."""
    try:
        found = path.stat() if links else path.lstat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode)


def remove(path: Path) -> None:
    """Delete a file, or what lies in its place: of a link not what it leads to."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(path)
    except RecursionError:  # of folders that lie in each other by the thousand
        _remove_deep(path)
    except OSError as error:  # which is what Python 3.13 says of such folders: it holds one file open for each
        if error.errno not in (errno.EMFILE, errno.ENAMETOOLONG):
            raise
        _remove_deep(path)


def made_folder(path: Path) -> Path:
    """Make a folder of a store, and those above it, where they are missing; raises `StoreError` if it cannot."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise StoreError(f"{path} is not a folder, which wsss needs there: delete it") from error
    return path


def open_regular(path: Path, *, links: bool = False) -> BufferedReader:
    """Open a regular file for reading; raises `OSError`, which is a `NotRegularError` for anything else.

    A pipe would be waited for, and a device acts when it is opened: both are told before. `links` are followed where
    a person made them.
    """
    _check(path.stat() if links else path.lstat(), path)
    names = ("O_NONBLOCK", "O_CLOEXEC") if links else ("O_NONBLOCK", "O_CLOEXEC", "O_NOFOLLOW")
    flags = sum(getattr(os, name, 0) for name in names)  # Windows has none of them
    file = open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))  # noqa: SIM115, it is returned
    try:
        _check(os.fstat(file.fileno()), path)  # it may be another file by now
    except BaseException:
        file.close()
        raise
    return file


def sha256(path: Path, *, links: bool = False) -> str:
    """Return the hash of a regular file's bytes; raises `OSError` as `open_regular` does."""
    with open_regular(path, links=links) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_deep(path: Path) -> None:
    """Delete a folder of any depth: every folder in it is moved up beside the others first, so that no path is long."""
    beside = Path(mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    path.rename(beside / "0")
    waiting, number = [beside / "0"], 0
    while waiting:
        here = waiting.pop()
        with os.scandir(here) as listed:
            entries = list(listed)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                number += 1
                waiting.append((here / entry.name).rename(beside / str(number)))
            else:
                (here / entry.name).unlink()
        here.rmdir()
    beside.rmdir()


def entries_below(folder: Path) -> Iterator[Path]:
    """Yield whatever lies below a folder of a store and is not a folder itself; links are yielded, and not entered."""
    for here, entries in folders_below(folder, readable_only=True):
        yield from (here / entry.name for entry in entries if not entry.is_dir(follow_symlinks=False))


def name_below(folder: Path, path: str) -> str:
    """Return the POSIX name of a path below a folder, without parsing either: a data set has a hundred thousand."""
    return path.removeprefix(str(folder).rstrip(os.sep) + os.sep).replace(os.sep, "/")


def folders_below(
    folder: Path, *, readable_only: bool = False, too_deep: Callable[[Path], object] = lambda _: None
) -> Iterator[tuple[Path, list[os.DirEntry[str]]]]:
    """Yield a folder of a store and every one below it, each with what lies in it, however deep; links are not entered.

    A folder that is gone meanwhile holds nothing, nor does one that may not be read if `readable_only`. One whose path
    is longer than the system takes is handed to `too_deep` and passed over: nobody can name what lies in it.
    """
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as listed:
                entries = list(listed)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            if readable_only:
                continue
            raise
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            too_deep(here)
            continue
        waiting += [here / entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        yield here, entries


def _check(found: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "a pipe, a socket or a device"
        raise NotRegularError(errno.EINVAL, f"is {kind} and not a file", str(path))
