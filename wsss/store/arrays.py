"""Arrays in npz archives, read as they were written: each is bounded before a byte of it is unpacked."""

import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from wsss.errors import StoreError
from wsss.places import Place, open_place
from wsss.store.texts import REMEDY
from wsss.validation import reason

TORN: Final = (
    OSError,
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What readers of archives and pictures raise on files that were cut off or in which bytes were changed: tried."""
HEADER: Final = 10_000
"""Bytes of an array's header at most."""

_PARSING: Final = Lock()
"""Held while numpy parses a header: `ast` is not safe on several threads before Python 3.11.5 (cpython#106905)."""


class Arrays:
    """An open archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def has(self, name: str) -> bool:
        """Tell whether there is an array of a name."""
        return f"{name}.npy" in self._archive.namelist()

    def read(self, name: str, *, dtype: DTypeLike, most: tuple[int, ...]) -> NDArray[Any]:
        """Return an array of a type, whose sides are at most `most`; raises `ValueError` for any other one."""
        entry = self._archive.getinfo(f"{name}.npy")
        if entry.file_size > HEADER + math.prod(most) * np.dtype(dtype).itemsize:
            raise ValueError(f"{name} has {entry.file_size} bytes")
        with self._archive.open(entry) as file:
            with _PARSING:
                version = np.lib.format.read_magic(file)
                if version != (1, 0):
                    raise ValueError(f"{name} has a header of version {version}")
                shape, transposed, found = np.lib.format.read_array_header_1_0(file)
            if transposed or found != np.dtype(dtype) or len(shape) != len(most):
                raise ValueError(f"{name} has another layout than it was written in")
            if not all(0 <= side <= limit for side, limit in zip(shape, most, strict=True)):
                raise ValueError(f"{name} has the shape {shape}")
            # To the end, where the checksum is compared.
            return np.frombuffer(file.read(), dtype=found).reshape(shape)


@contextmanager
def opened(path: Place, *, what: str) -> Iterator[Arrays]:
    """Open an archive; raises `StoreError` that says which file holds no such thing, where it or an array is torn."""
    try:
        with open_place(path) as file, zipfile.ZipFile(file) as archive:
            yield Arrays(archive)
    except StoreError:
        raise  # a bucket does not answer, which says nothing of the archive
    except TORN as error:
        raise StoreError(f"{path} holds no {what} ({reason(error)}): {REMEDY}") from error


def is_whole(path: Place, *, most: int) -> bool:
    """Tell whether an archive of at most `most` unpacked bytes can be read to its end; every array has a checksum."""
    try:
        with open_place(path) as file, zipfile.ZipFile(file) as archive:
            return sum(entry.file_size for entry in archive.infolist()) <= most and archive.testzip() is None
    except TORN:
        return False
