"""Archives from the web: several sources in turn, resumed where a connection broke, and used when size and hash fit."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from wsss.apps.prepare.benchmark import Archive
from wsss.errors import DataError, first_line
from wsss.validation import reason
from wsss.version import __version__

PART: Final = ".part"
"""Suffix of what is loaded so far."""
CHUNK: Final = 1 << 20
PATIENCE: Final = 60
"""Seconds without a byte after which a connection counts as broken."""
ATTEMPTS: Final = 5
"""Connections in a row, to one source, that may break without a byte."""
PAUSE: Final = 2.0
"""Seconds before a source is asked again, doubled each time."""
WHOLE: Final = 200
REST: Final = 206
PASSING: Final = (408, 429, 500, 502, 503, 504)
"""Answers after which a server may be asked again."""
SCHEMES: Final = ("http://", "https://")

Advance = Callable[[int], object]
"""Is told how many more bytes are there; fewer than none where they are loaded anew."""


class SourceError(Exception):
    """Says why a source cannot give a file: another is tried."""


class BrokenError(Exception):
    """Says how a connection broke: the same source is asked again."""


def download(
    archive: Archive, folder: Path, *, sources: Sequence[str], advance: Advance, pause: float = PAUSE
) -> tuple[Path, str]:
    """Load an archive into a folder, and return its path there and its source.

    What is loaded lies in `<name>.part`; it stays where the download is interrupted, and a later call goes on there. It
    gets its name once its size and hash are those of the archive.

    Args:
        archive: The archive.
        folder: Where it goes.
        sources: Addresses of the file, tried in this order.
        advance: Moves a bar of the archive's bytes on.
        pause: Seconds before a source is asked again.

    Raises:
        DataError: No source gave the file; it says why of each.
    """
    whole, part = folder / archive.name, folder / f"{archive.name}{PART}"
    failures = []
    for source in sources:
        try:
            _load(archive, source, part, advance=advance, pause=pause)
        except SourceError as error:
            failures.append(f"{source}: {error}")
            continue
        part.replace(whole)
        return whole, source
    if not (loaded := _size(part)):
        part.unlink(missing_ok=True)
    kept = f"; {loaded:,} bytes are kept in {part}, and the same command goes on there" if loaded else ""
    remedy = f"load {archive.name} by hand and name it with --from, or name another source with --mirror"
    raise DataError("\n  ".join([f"{archive.name} cannot be loaded: {remedy}{kept}", *failures]))


def verify(archive: Archive, path: Path) -> None:
    """Raise a `DataError` where a file is not the archive, by its size or else by its hash."""
    if (size := _size(path)) != archive.size:
        raise DataError(f"{path} is not {archive.name}: it has {size:,} bytes, and {archive.size:,} are right")
    hasher = archive.hasher()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            hasher.update(chunk)
    kind, _, wanted = archive.digest.partition(":")
    if hasher.hexdigest() != wanted:
        raise DataError(f"{path} is not {archive.name}, though as large: its {kind} is {hasher.hexdigest()}")


def _load(archive: Archive, source: str, part: Path, *, advance: Advance, pause: float) -> None:
    """Load from one source until size and hash fit; raises `SourceError` where that cannot be had."""
    if not source.startswith(SCHEMES):
        raise SourceError("is not an address of the web: write http:// or https://")
    while True:
        resumed = _size(part) > 0
        _load_all(archive, source, part, advance=advance, pause=pause)
        try:
            verify(archive, part)
        except DataError as error:
            advance(-_size(part))
            part.unlink()
            if not resumed:
                raise SourceError(f"gave another file, which was deleted ({_of_hash(error)})") from error
            continue  # two sources, or two versions, may have been joined
        return


def _load_all(archive: Archive, source: str, part: Path, *, advance: Advance, pause: float) -> None:
    broken = 0
    while (before := _size(part)) < archive.size:
        try:
            _load_rest(archive, source, part, advance=advance)
        except BrokenError as error:
            broken = 0 if _size(part) > before else broken + 1
            if broken >= ATTEMPTS:
                raise SourceError(f"the connection breaks again and again ({reason(error)})") from error
            time.sleep(pause * 2**broken)


def _load_rest(archive: Archive, source: str, part: Path, *, advance: Advance) -> None:
    """Ask for what is missing and append it; from the start where the server cannot skip what is there."""
    start = there = _size(part)
    headers = {"User-Agent": f"wsss/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with _answer(Request(source, headers=headers)) as answer:  # noqa: S310, the scheme was looked at
        start = _start_of(answer, archive, start=start)
        if there and start == 0:
            advance(-there)
        with part.open("ab" if start else "wb") as file:
            left = archive.size - start
            while left and (chunk := _read(answer, min(CHUNK, left))):
                file.write(chunk)
                left -= len(chunk)
                advance(len(chunk))
    if left:
        raise BrokenError(f"it ended {left:,} bytes before the end")


def _read(answer: HTTPResponse, most: int) -> bytes:
    try:
        return answer.read1(most)  # what is there: a slow server is waited for in small steps
    except (OSError, HTTPException) as error:
        raise BrokenError(first_line(error)) from error


@contextmanager
def _answer(request: Request) -> Iterator[HTTPResponse]:
    try:
        answer = urlopen(request, timeout=PATIENCE)  # noqa: S310, the scheme was looked at
    except HTTPError as error:
        with error:
            passing = error.code in PASSING
            raise (BrokenError if passing else SourceError)(f"it answers {error.code} {error.reason}") from error
    except URLError as error:
        raise BrokenError(str(error.reason)) from error
    except (OSError, HTTPException) as error:
        raise BrokenError(first_line(error)) from error
    with answer:
        yield answer


def _start_of(answer: HTTPResponse, archive: Archive, *, start: int) -> int:
    """Return the byte that an answer starts with; raises `SourceError` for an answer that is another file."""
    kind = answer.headers.get_content_type()
    if kind == "text/html":
        raise SourceError("it answers with a web page, most likely of a login or an error")
    if answer.status == REST:
        span, _, total = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        if span.partition("-")[0] != str(start) or total not in ("*", str(archive.size)):
            raise SourceError(f"it has another file ({span} of {total} bytes, where {archive.size:,} are right)")
        return start
    length = answer.headers.get("Content-Length")
    if answer.status != WHOLE or (length is not None and length != str(archive.size)):
        raise SourceError(f"it has another file ({length} bytes, where {archive.size:,} are right)")
    return 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _of_hash(error: DataError) -> str:
    return str(error).rpartition(": ")[2]
