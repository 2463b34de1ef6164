"""Records of files that were read: the state and the SHA-256 of each, in 64 bytes.

A file of a store, `digests.bin`, holds all of them: a hash of everything behind it, how many records there are, the
records, and the paths of the files. JSON of a hundred thousand files is four times as long, and takes long to read.
"""

import hashlib
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wsss.errors import StoreError
from wsss.store.texts import read_bytes, write_bytes

_STATE: Final = struct.Struct("<4Q")
_COUNT: Final = struct.Struct("<Q")
_HASH: Final = hashlib.sha256().digest_size
_LENGTH: Final = _STATE.size + _HASH
_NUMBERS: Final = 2**64
"""Numbers are told apart by their last 64 bits: some inodes of Windows have 128, and times after the year 2262 more."""


def state_bytes(state: Sequence[int]) -> bytes:
    """Return what a record begins with: the state of a file, as `wsss.store.digests.state_of` tells it."""
    return _STATE.pack(*(number % _NUMBERS for number in state))


def seen_file(state: bytes, digest: str) -> bytes:
    """Return the record of a file, of its `state_bytes` and its SHA-256 in hexadecimal digits."""
    return state + bytes.fromhex(digest)


def has_state(seen: bytes, state: bytes) -> bool:
    """Whether a record is of a file with these `state_bytes`."""
    return seen.startswith(state)


def digest_in(seen: bytes) -> str:
    """Return the SHA-256 in a record; an empty text for an empty record."""
    return seen[_STATE.size :].hex()


def write_seen(path: Path, files: dict[str, bytes]) -> None:
    """Write records of files by their absolute paths, as a whole."""
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
