"""Remember files that were read: the state and the hash of each, in 64 bytes.

A file of a store, `digests.bin`, holds those of all: a hash of everything behind it, how many there are, their bytes
one after the other, and their paths. JSON of a hundred thousand files is four times as long, and takes long to read.
"""

import hashlib
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wsss.errors import StoreError
from wsss.store.texts import read_bytes, write_bytes

_STATE: Final = struct.Struct("<QqqQ")
_COUNT: Final = struct.Struct("<Q")
_HASH: Final = hashlib.sha256().digest_size
_LENGTH: Final = _STATE.size + _HASH
_LARGEST: Final = 2**64
"""A number of an inode may have 128 bits on Windows."""


def packed(state: Sequence[int]) -> bytes:
    """Return the state of a file, as `wsss.store.digests.state_of` tells it; its SHA-256 belongs behind it."""
    size, changed, noted, inode = state
    return _STATE.pack(size, changed, noted, inode % _LARGEST)


def digest_in(file: bytes) -> bytes:
    """Return the SHA-256 behind a file's state."""
    return file[_STATE.size :]


def write_seen(path: Path, files: dict[str, bytes]) -> None:
    """Write what is remembered of files by their absolute paths, as a whole."""
    paths = os.fsencode("\0".join(files))
    body = b"".join([_COUNT.pack(len(files)), *files.values(), paths])
    write_bytes(path, hashlib.sha256(body).digest() + body)


def read_seen(path: Path) -> dict[str, bytes]:
    """Return what `write_seen` wrote; nothing where there is no such file, or it is not as it was written."""
    try:
        return _files_in(read_bytes(path))
    except (StoreError, ValueError, struct.error):
        return {}


def _files_in(data: bytes) -> dict[str, bytes]:
    body = memoryview(data)[_HASH:]
    if hashlib.sha256(body).digest() != data[:_HASH]:
        return {}
    (count,) = _COUNT.unpack_from(body)
    start = _HASH + _COUNT.size
    end = start + _LENGTH * count
    paths = os.fsdecode(data[end:]).split("\0") if count else []
    return {path: data[at : at + _LENGTH] for path, at in zip(paths, range(start, end, _LENGTH), strict=True)}
