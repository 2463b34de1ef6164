"""Explain in one line, with a remedy, why nothing can be written. Said here and nowhere else."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from wsss.errors import StoreError

_FULL: Final = "the disk is full: free some space"
_DENIED: Final = "you may not write there: change its permissions"
_FILE: Final = "a file is where a folder is wanted: move it away"
TROUBLE: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "your share of the disk is used up: free some space",
    errno.EROFS: "the disk can only be read: make it writable",
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EEXIST: _FILE,
    errno.ENOTDIR: _FILE,
}
"""What is wrong, and the first remedy, by the system's number of the error."""
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
        if error.errno not in TROUBLE:
            raise
        path = error.filename2 or error.filename or folder
        raise StoreError(
            f"{path} cannot be written, {TROUBLE[error.errno]}, or use another `store` or `out`; "
            "what is finished is kept, and the same command then goes on"
        ) from error
