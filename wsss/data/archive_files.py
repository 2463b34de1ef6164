"""The files of an uncompressed tar or zip: where each of them lies, and what of an archive is refused."""

import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Final

from wsss.errors import FileError, brief
from wsss.paths import leading_down, open_regular
from wsss.places import HEADER, SIGNATURE
from wsss.validation import reason

SUFFIXES: Final = (".tar", ".zip")
"""What names of archives end in, in lower case."""
PACKED: Final = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
"""What compressed files begin with."""
EMPTY: Final = b"PK\x05\x06"
"""What a zip without a member begins with."""
CHUNK: Final = 1 << 20

_TORN: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    struct.error,
    EOFError,
    IndexError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    UnicodeError,
    ValueError,
)
"""What the readers of tars and zips raise on damaged ones."""
_COPY: Final = "copy or pack it again"

Files = dict[str, tuple[int, int]]
"""First byte and length of files by their names."""


def archive_files(path: Path) -> Files:
    """Return where the files of an archive lie, by name as POSIX; hidden ones and folders are left out.

    Raises `FileError` for an archive that is damaged or compressed, and for one that holds links, names that lead out
    of it, or two files of one name; `OSError` as `open_regular` does.
    """
    with open_regular(path, links=True) as file:
        try:
            return {name: span for name, span in _files(path, file).items() if not _is_hidden(name)}
        except FileError:
            raise
        except _TORN as error:
            raise FileError(path, f"is not a whole tar or zip ({reason(error)}): {_COPY}") from error


def _files(path: Path, file: BufferedReader) -> Files:
    files: Files = {}
    length = os.fstat(file.fileno()).st_size
    for given, start, size in _members(path, file):
        name = _name(path, given)
        if start + size > length:
            raise FileError(path, f"is cut off: {brief(name)} ends beyond it; {_COPY}")
        if name in files:
            raise FileError(path, f"holds {brief(name)} twice: keep one, or rename it")
        files[name] = (start, size)
    return files


def _members(path: Path, file: BufferedReader) -> Iterator[tuple[str, int, int]]:
    """Yield name, first byte and length of every regular file."""
    head = file.read(8)
    file.seek(0)
    if kind := next((kind for magic, kind in PACKED.items() if head.startswith(magic)), None):
        remedy = "unpack it to a tar, as images are compressed themselves, or to a folder"
        raise FileError(path, f"is compressed ({kind}), so that no image can be read on its own: {remedy}")
    yield from _of_zip(path, file) if head[:4] in (SIGNATURE, EMPTY) else _of_tar(path, file)


def _of_tar(path: Path, file: BufferedReader) -> Iterator[tuple[str, int, int]]:
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for member in archive:
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                raise FileError(path, _no_file(member.name))
            yield member.name, member.offset_data, member.size
            archive.members.clear()  # type: ignore[attr-defined]  # it keeps each, and several hundred bytes of it
        end = archive.offset
    # The reader takes a damaged header, and the end of a file, for the end of the archive.
    file.seek(end)
    rest = file.read(tarfile.BLOCKSIZE)
    if len(rest) < tarfile.BLOCKSIZE:
        raise FileError(path, f"is cut off: it has no end as tars have it; {_COPY}")
    while rest:
        if rest.strip(b"\0"):
            why = f"goes on after its end at byte {end:,}, or is damaged there"
            raise FileError(path, f"{why}: where tars were joined, unpack and pack them as one; else {_COPY}")
        rest = file.read(CHUNK)


def _of_zip(path: Path, file: BufferedReader) -> Iterator[tuple[str, int, int]]:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    for member in members:
        if member.is_dir():
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            raise FileError(path, _no_file(member.filename))
        if member.flag_bits & 1:
            raise FileError(path, f"asks for a password for {brief(member.filename)}: pack it without one")
        if member.compress_type != zipfile.ZIP_STORED:
            why = f"holds {brief(member.filename)} compressed, so that it cannot be read where it lies"
            raise FileError(path, f"{why}: unpack it, or pack it without compression (`zip -0 -r`)")
        file.seek(member.header_offset)
        head = file.read(HEADER.size)
        signature, named, more = HEADER.unpack(head)
        if signature != SIGNATURE:
            raise FileError(path, f"does not hold {brief(member.filename)} where its list says: {_COPY}")
        yield member.filename, member.header_offset + HEADER.size + named + more, member.file_size


def _no_file(name: str) -> str:
    what = "which is a link, a device or a file with holes"
    return f"holds {brief(name)}, {what}: pack the files themselves (`tar --dereference --hard-dereference`)"


def _name(path: Path, given: str) -> str:
    """Return a name without `./`; raises `FileError` for one that leads out of the archive, or is not UTF-8."""
    try:
        given.encode()
        return PurePosixPath(leading_down(given)).as_posix()
    except UnicodeEncodeError as error:
        raise FileError(path, f"holds the name {given!a}, which is not UTF-8: rename it") from error
    except ValueError as error:
        raise FileError(path, f"cannot be read safely: {error}; pack names that start from its top") from error


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))
