"""Archives unpacked below one folder, and nowhere else: no absolute names, no `..`, no links."""

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from wsss.apps.prepare.benchmark import Archive
from wsss.errors import DataError, first_line
from wsss.paths import stored_name

Member = tuple[str, Callable[[], BufferedIOBase] | None]
"""A name, and what opens its content; None for what is neither a file nor a folder."""

TORN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


def unpack(archive: Archive, path: Path, into: Path, *, advance: Callable[[int], object]) -> None:
    """Write the wanted members of an archive below a folder.

    Args:
        archive: The archive.
        path: Where it lies.
        into: The folder, which is made.
        advance: Is told how many more bytes are written.

    Raises:
        DataError: The file is torn, a member leads out of the folder or is a link, or a wanted one is missing.
    """
    lacking = set(archive.members)
    try:
        with closing(_members(path)) as members:
            for name, opened in members:
                wanted = _wanted_by(name, archive.members)
                if wanted is None:
                    continue
                if opened is None:
                    raise DataError(f"{path} holds {name!r}, which is not a file: nothing was unpacked")
                lacking -= {wanted}
                _write(name, opened, path, into, advance=advance)
    except TORN as error:
        raise DataError(
            f"{path} cannot be unpacked ({first_line(error).rstrip(':')}): delete it, and load it again"
        ) from error
    if lacking:
        raise DataError(f"{path} lacks {', '.join(sorted(lacking))}: it is not {archive.name}")


def _write(
    name: str, opened: Callable[[], BufferedIOBase], path: Path, into: Path, *, advance: Callable[[int], object]
) -> None:
    try:
        target = into / stored_name(name)
    except ValueError as error:
        raise DataError(f"{path}: {error}: nothing was unpacked") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise DataError(f"{path} holds {name!r} twice: it is not what it should be")
    with opened() as source, target.open("xb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
        advance(file.tell())


def _wanted_by(name: str, members: Sequence[str]) -> str | None:
    """Return the wanted member that a name is or lies in."""
    plain = name.removeprefix("./")
    return next((each for each in members if plain == each or plain.startswith(f"{each}/")), None)


def _members(path: Path) -> Generator[Member, None, None]:
    """Yield all members of a tar or zip but its folders, in order."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            for info in packed.infolist():
                kind = stat.S_IFMT(info.external_attr >> 16)
                if not info.is_dir():
                    yield info.filename, partial(_zipped, packed, info) if kind in (0, stat.S_IFREG) else None
        return
    with tarfile.open(path) as tar:
        for member in tar:
            if not member.isdir():
                yield member.name.removeprefix("./"), partial(_content, tar, member) if member.isreg() else None


def _zipped(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> BufferedIOBase:
    return cast("BufferedIOBase", packed.open(info))


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> BufferedIOBase:
    return cast("BufferedIOBase", tar.extractfile(member))
