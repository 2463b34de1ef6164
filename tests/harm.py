"""Harm to files, and which files something opens."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tables import Row

from wsss.errors import WsssError

Harmful = Callable[[bytes, bytes], bytes | None]
"""What becomes of a file's bytes, given another file's; None where it is deleted."""


def flipped(data: bytes, _: bytes) -> bytes:
    """One bit in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


HARMS: dict[str, Harmful] = {
    "a bit flipped": flipped,
    "cut in half": lambda data, _: data[: len(data) // 2],
    "with a byte more": lambda data, _: data + b"\0",
    "with another file's content": lambda _, other: other,
    "emptied": lambda _, __: b"",
    "deleted": lambda _, __: None,
}
_opened: list[str] | None = None


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _opened is not None and event == "open" and isinstance(arguments[0], str):
        _opened.append(arguments[0])


sys.addaudithook(_note)


def opened_below(folder: Path, use: Callable[[], object]) -> list[Path]:
    """The files below a folder that something opens."""
    global _opened  # noqa: PLW0603, an audit hook stays for good
    _opened = []
    try:
        use()
        return sorted({path for name in _opened if (path := Path(name)).is_relative_to(folder) and path.is_file()})
    finally:
        _opened = None


@contextmanager
def harmed(path: Path, harm: Harmful, other: bytes) -> Iterator[None]:
    """Harm a file for a while."""
    good = path.read_bytes()
    bad = harm(good, other)
    try:
        path.unlink()
        if bad is not None:
            path.write_bytes(bad)
        yield
    finally:
        path.write_bytes(good)


def said_of_each(
    paths: list[Path], use: Callable[[Path], object], *, below: Path, what: str
) -> Iterator[tuple[Row, bool]]:
    """A row for every file and harm, and whether the harm was noticed: `use` raises a `WsssError`, and nothing else."""
    contents = {path: path.read_bytes() for path in paths}
    for path, good in contents.items():
        other = next(content for content in contents.values() if content != good)
        for name, harm in HARMS.items():
            with harmed(path, harm, other):
                try:
                    use(path)
                    said = ""
                except WsssError as error:
                    said = str(error).replace(f"{below}/", "")
            yield Row(f"{what}, {path.relative_to(below)} {name}", said or "nothing", refused=bool(said)), bool(said)
