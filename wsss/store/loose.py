"""Loose items: those that wait until all of their pack are there, in parts.

A part holds what one process made, in the order in which it was made: members of a zip without the list at its end.
"""

import os
import secrets
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from struct import Struct
from threading import Lock
from typing import Final, final
from zipfile import ZipInfo

from wsss.paths import open_regular
from wsss.places import SIGNATURE, Member, TornError

LOOSE: Final = ".loose"
"""The folder beside packs in which parts lie."""
HEADER: Final = Struct("<4s10xIII2H")
"""What comes before a member: a signature, the checksum, the bytes twice, and the lengths of two names."""
FULL: Final = b"PK\x05\x06"
"""The end of a part to which nothing will be added."""


@final
class Parts:
    """Adds items of this process to a part, and begins another one when that holds `most`. Threads may share it."""

    def __init__(self, folder: Path, *, most: int) -> None:
        """Write into a folder of loose items, which need not be there yet."""
        self._folder, self._most = folder, most
        self._lock = Lock()
        self._pending: list[bytes] = []
        self._path: Path | None = None
        self._count = 0

    def add(self, name: str, data: bytes) -> None:
        """Note an item for the next `flush`."""
        member = ZipInfo(name)
        member.CRC = zlib.crc32(data)
        member.file_size = member.compress_size = len(data)
        entry = member.FileHeader(zip64=False) + data
        with self._lock:
            self._pending.append(entry)

    def flush(self) -> None:
        """Write what was added. A part that cannot be written to its end is left as it is: it is read up to there."""
        with self._lock:
            if not self._pending:
                return
            entries, self._pending = self._pending, []
            path, self._path = self._path, None
            if path is None:
                path, self._count = self._folder / secrets.token_hex(8), 0
                self._folder.mkdir(parents=True, exist_ok=True)
            self._count += len(entries)
            is_full = self._count >= self._most
            try:
                with path.open("ab") as file:
                    file.write(b"".join([*entries, FULL if is_full else b""]))
            except OSError as error:
                error.filename = str(path)
                raise
            if not is_full:
                self._path = path


def parts_in(folder: Path) -> list[Path]:
    """Return the parts in a folder of loose items."""
    return sorted(folder.glob("*"))


def members_of(part: Path) -> tuple[list[Member], bool]:
    """Return the items of a part as far as it was written, and whether nothing will be added to it.

    A part that is gone meanwhile has none.
    """
    try:
        with open_regular(part) as file:
            return list(_members(part, file)), file.read(len(FULL)) == FULL
    except FileNotFoundError:
        return [], False


def is_whole(member: Member) -> bool:
    """Tell whether an item of a part is as it was written, which after a power failure it may not be.

    A part that is gone was whole: whoever packs its items removes it.
    """
    try:
        member.open()
    except FileNotFoundError:
        return True
    except TornError:
        return False
    return True


def _members(part: Path, file: BufferedReader) -> Iterator[Member]:
    """Yield the members of a part, and leave its file where they end."""
    length = os.fstat(file.fileno()).st_size
    end = 0
    while len(head := file.read(HEADER.size)) == HEADER.size and head[:4] == SIGNATURE:
        start = end
        _, checksum, _, size, named, more = HEADER.unpack(head)
        name = file.read(named).decode(errors="replace")
        end = start + HEADER.size + named + more + size
        if end > length:
            break
        file.seek(end)
        yield Member(archive=part, name=name, start=start, size=size, checksum=checksum)
    file.seek(end if end <= length else start)
