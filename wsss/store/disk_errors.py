"""Explain in one line, with a remedy, why nothing can be written. Said here and nowhere else."""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from wsss.errors import StoreError

_FULL: Final = "the disk is full: free some space"
_DENIED: Final = "you may not write there: change its permissions"
_FOLDER: Final = "a folder is where a file is wanted: move it away"
_FILE: Final = "a file is where a folder is wanted: move it away"
TROUBLE: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "your share of the disk is used up: free some space",
    errno.EROFS: "the disk can only be read: make it writable",
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EEXIST: _FILE,
    errno.ENOTDIR: _FILE,
    errno.EISDIR: _FOLDER,
}
"""What is wrong, and the first remedy, by the system's number of the error."""
_TAKES_NOTHING: Final = "a place where no files can be made: write elsewhere"
NO_TEMPORARY: Final = "No usable temporary directory"
"""How Python's error begins where no folder takes temporary files, most likely since the disk is full."""


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the system says of a disk into a `StoreError`. `folder` is named where the system names no file.

    What was finished before is whole, since every file gets its name last; so the same command goes on from there.
    """
    try:
        yield
    except OSError as error:
        if NO_TEMPORARY in str(error):
            raise StoreError("no folder takes temporary files: free some space, or let TMPDIR name one") from error
        path = error.filename2 or error.filename or folder
        trouble = TROUBLE.get(error.errno or 0, _TAKES_NOTHING if _takes_nothing(error) else None)
        if trouble is None:
            raise
        raise _refusal(path, trouble) from error


def refuse_unwritable(folder: Path) -> None:
    """Raise a `StoreError` where a folder, which need not be there yet, will take no files: before time is spent."""
    missing = [path for path in (folder.absolute(), *folder.absolute().parents) if not path.exists()]
    there = missing[-1].parent if missing else folder.absolute()
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        trouble = TROUBLE.get(error.errno or 0, _TAKES_NOTHING)
        raise _refusal(missing[-1] if missing else folder, trouble) from error


def _refusal(path: object, trouble: str) -> StoreError:
    return StoreError(
        f"{path} cannot be written, {trouble}, or use another `store`, `out` or `--out`; "
        "what is finished is kept, and the same command then goes on"
    )


def _takes_nothing(error: OSError) -> bool:
    """Return whether a name was not found in a folder that is there and takes no new names, such as /proc.

    The system says the same of a file that is read and missing; so a name that is surely new is tried.
    """
    path = error.filename2 or error.filename
    if error.errno != errno.ENOENT or not isinstance(path, str) or not (parent := Path(path).parent).is_dir():
        return False
    try:
        tempfile.TemporaryFile(dir=parent).close()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False
