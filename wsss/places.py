"""Places of files: in a folder, or as a member of an uncompressed archive."""

import errno
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BufferedIOBase, BufferedReader, BytesIO
from pathlib import Path
from typing import Final, final

from wsss import objects
from wsss.paths import open_regular

HEADER: Final = struct.Struct("<4s22xHH")
"""What comes before a member of a zip: a signature, and the lengths of its name and of what follows that."""
SIGNATURE: Final = b"PK\x03\x04"
"""What a header begins with."""
WRITTEN: Final = (1980, 1, 1, 0, 0, 0)
"""The time of all members of archives that are written here."""
UNIX: Final = 3
"""The system that they are said to be made on, whichever it was."""
MODE: Final = 0o644 << 16
"""Their permissions on it."""


class TornError(OSError):
    """An archive that does not hold what it should where it should."""


@final
@dataclass(frozen=True, kw_only=True)
class Member:
    """A file in an uncompressed zip, read from where it lies without a look at the zip's list."""

    archive: Path
    name: str
    start: int
    """Byte of the archive at which its header begins."""
    size: int
    """Bytes."""
    checksum: int
    """CRC-32 of its bytes."""
    url: str | None = None
    """Where the archive is an object in a bucket: its address. `archive` is then the file that stands for it."""

    def __str__(self) -> str:
        """Return the archive and the name, as messages show them."""
        return f"{self.archive} ({self.name})"

    def open(self) -> BytesIO:
        """Return the bytes; raises `OSError` where the archive is missing, or holds something else there.

        Of an object in a bucket they are read by one request; raises `StoreError` where nobody answers it.
        """
        if self.url is None:
            with open_regular(self.archive) as file:
                return BytesIO(self.read(file))
        size = HEADER.size + len(self.name.encode()) + self.size
        data = objects.read(self.url, start=self.start, size=size)
        return BytesIO(replace(self, start=0).read(BytesIO(data)))

    def read(self, archive: BufferedReader | BytesIO) -> bytes:
        """Return the bytes out of its open archive; raises `TornError` where that holds something else there."""
        archive.seek(self.start)
        head = archive.read(HEADER.size)
        if len(head) < HEADER.size or head[:4] != SIGNATURE:
            raise TornError(errno.EIO, "the archive is torn", str(self))
        _, named, more = HEADER.unpack(head)
        name = archive.read(named)
        archive.seek(more, os.SEEK_CUR)
        data = archive.read(self.size)
        if name != self.name.encode() or len(data) < self.size or zlib.crc32(data) != self.checksum:
            raise TornError(errno.EIO, "the archive is torn", str(self))
        return data


@final
@dataclass(frozen=True, kw_only=True)
class Span:
    """A file of a data set in an uncompressed tar or zip: these bytes of it."""

    archive: Path
    name: str
    start: int
    """Its first byte in the archive."""
    size: int
    """Bytes."""

    def __str__(self) -> str:
        """Return the path through the archive, as messages show it."""
        return f"{self.archive}/{self.name}"

    def open(self) -> BytesIO:
        """Return the bytes; raises `OSError` where the archive is missing, or ends before them."""
        with open_regular(self.archive, links=True) as file:
            file.seek(self.start)
            data = file.read(self.size)
        if len(data) < self.size:
            raise OSError(errno.EIO, "the archive is cut off", str(self))
        return BytesIO(data)


Place = Path | Member | Span
"""Where a file lies."""


def size_of(place: Place) -> int:
    """Return the bytes of a place."""
    return place.stat().st_size if isinstance(place, Path) else place.size


def open_place(place: Place, *, links: bool = False) -> BufferedReader | BytesIO:
    """Open a place for reading; raises `OSError` as `open_regular` does, and for a torn archive."""
    return open_regular(place, links=links) if isinstance(place, Path) else place.open()


def write_zip(file: BufferedIOBase, members: Iterable[tuple[str, bytes]]) -> None:
    """Write an uncompressed zip of names and bytes; its own bytes depend on nothing else."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members:
            member = zipfile.ZipInfo(name, WRITTEN)
            member.create_system, member.external_attr = UNIX, MODE
            archive.writestr(member, data)
