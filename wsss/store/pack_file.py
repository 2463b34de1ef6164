"""A pack: items in one uncompressed zip, whose list says where each of them lies, on disk or in a bucket."""

import os
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import lru_cache
from io import BufferedIOBase, BufferedReader, BytesIO
from pathlib import Path
from threading import Lock
from typing import Final, final

import numpy as np

from wsss.errors import StoreError
from wsss.objects import put
from wsss.paths import open_regular
from wsss.places import Member, TornError, write_zip
from wsss.store.arrays import TORN
from wsss.store.digests import state_in
from wsss.store.pointers import POINTER, is_pointer, is_unchanged, pointed_at, write_pointer
from wsss.store.texts import REMEDY, whole
from wsss.validation import reason

SUFFIX: Final = ".zip"

_reading: Final = Lock()
"""Held while a list is read: threads that wait for it find it read."""


def write_pack(path: Path, items: Sequence[Sequence[Member]]) -> None:
    """Write items out of other archives as a pack, which is whole and on the disk when it has its name.

    Each item is the first of its copies that is whole. Raises `FileNotFoundError` where an archive is gone, `TornError`
    where no copy of an item is whole.
    """
    with whole(path) as hidden, hidden.open("wb") as file:
        _write(file, items)
        file.flush()
        os.fsync(file.fileno())  # its sources are deleted next


def put_pack(path: Path, items: Sequence[Sequence[Member]], *, url: str) -> None:
    """Write items as an object in a bucket, by one request, and then the pointer to it.

    Raises as `write_pack` does, and `StoreError` for what keeps it from the bucket.
    """
    file = BytesIO()
    _write(file, items)
    state = put(url, file.getvalue())
    write_pointer(path, url, state, _listed_in(file, archive=path, length=state.size))


def _write(file: BufferedIOBase, items: Sequence[Sequence[Member]]) -> None:
    with ExitStack() as stack:
        archives = {each.archive for copies in items for each in copies}
        sources = {archive: stack.enter_context(open_regular(archive)) for archive in archives}
        write_zip(file, ((copies[0].name, _whole_one(copies, sources)) for copies in items))


def _whole_one(copies: Sequence[Member], sources: Mapping[Path, BufferedReader]) -> bytes:
    *others, last = copies
    for each in others:
        with suppress(TornError):
            return each.read(sources[each.archive])
    return last.read(sources[last.archive])


def members(path: Path) -> list[Member]:
    """Return what a pack holds, of a pointer what its object does.

    Raises `StoreError` that names one which is torn, or is not of ours.
    """
    if is_pointer(path):
        return pointed_at(path)
    try:
        with open_regular(path) as file:
            return _listed_in(file, archive=path, length=os.fstat(file.fileno()).st_size)
    except TORN as error:
        raise StoreError(f"{path} is not a whole pack of items ({reason(error)}): {REMEDY}") from error


def _listed_in(file: BufferedIOBase, *, archive: Path, length: int) -> list[Member]:
    with zipfile.ZipFile(file) as pack:
        found = pack.infolist()
        for each in found:
            if each.compress_type != zipfile.ZIP_STORED or not 0 <= each.file_size <= length - each.header_offset:
                raise ValueError(f"{each.filename[:80]!r} does not lie in it as it was packed")
    return [
        Member(archive=archive, name=each.filename, start=each.header_offset, size=each.file_size, checksum=each.CRC)
        for each in found
    ]


def is_pack(path: Path) -> bool:
    """Tell whether a pack is whole, as far as its list says; of a pointer, whether its object is as it was written.

    Raises `StoreError` where a bucket does not answer.
    """
    if is_pointer(path):
        return is_unchanged(path)
    try:
        members(path)
    except StoreError:
        return False
    return True


@final
class PackList:
    """Where the items of archives lie: 32 bytes each, found by the hash of the name in this process."""

    def __init__(self, archives: Mapping[Path, Sequence[Member]]) -> None:
        """Note the items of archives; of those that several have, the first has it."""
        self._packs = tuple((archive, items[0].url if items else None) for archive, items in archives.items())
        found = [(number, each) for number, items in enumerate(archives.values()) for each in items]
        keys = np.array([hash(each.name) for _, each in found], dtype=np.int64)
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._pack = np.array([number for number, _ in found], dtype=np.int32)[order]
        self._start = np.array([each.start for _, each in found], dtype=np.int64)[order]
        self._size = np.array([each.size for _, each in found], dtype=np.int64)[order]
        self._checksum = np.array([each.checksum for _, each in found], dtype=np.uint32)[order]

    def find(self, name: str) -> Member | None:
        """Return where an item lies, None where no pack has it."""
        key = hash(name)
        place = int(np.searchsorted(self._keys, key))
        if place == len(self._keys) or self._keys[place] != key:
            return None
        archive, url = self._packs[self._pack[place]]
        return Member(
            archive=archive,
            url=url,
            name=name,
            start=int(self._start[place]),
            size=int(self._size[place]),
            checksum=int(self._checksum[place]),
        )


def packs_in(folder: Path) -> list[Path]:
    """Return the packs of a folder and the pointers to others, sorted."""
    found = (path for suffix in (SUFFIX, POINTER) for path in folder.glob(f"*{suffix}"))
    return sorted(path for path in found if not path.name.startswith("."))


def listed(folder: Path) -> PackList:
    """Return where the items of a folder's packs lie; what this process has read is kept while they are as they were.

    Raises `StoreError` as `members` does.
    """
    states = tuple((path, tuple(state_in(path.lstat()))) for path in packs_in(folder))
    with _reading:
        return _listed(states)


@lru_cache(maxsize=16)
def _listed(states: tuple[tuple[Path, tuple[int, ...]], ...]) -> PackList:
    return PackList({path: members(path) for path, _ in states})
