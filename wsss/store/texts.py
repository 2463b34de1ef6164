"""Texts, JSON and YAML. Every write goes to a hidden name and is renamed, so a file is whole or not there.

What is read may come from anybody: its size, its depth and its types are bounded.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from wsss.errors import StoreError
from wsss.paths import open_regular
from wsss.validation import reason

REMEDY: Final = "delete it and the manifest.json of its stage, and run again"
"""What helps where a file of the store cannot be read."""
LARGEST: Final = 2**29
"""Bytes of a JSON file: an index or a manifest of millions of images."""
LARGEST_YAML: Final = 10**6
"""Bytes of a YAML file, which holds a config and no list of images."""
DEEPEST: Final = 100
"""Levels of a YAML file."""
MOST_VALUES: Final = 100_000
"""Values, keys and ends of lists of a YAML file: half a second."""

T = TypeVar("T")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a hidden path beside `path`; on success it takes the place of `path`, on failure it is removed."""
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # no two machines write to one
    try:
        yield hidden
        hidden.replace(path)
    except OSError as error:
        if error.filename is None or str(hidden) in (error.filename, error.filename2):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        with suppress(OSError):  # of a disk that can only be read, where nothing was written: the first error tells
            hidden.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file as a whole."""
    with whole(path) as hidden:
        hidden.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a text file as a whole."""
    write_parts(path, (text,))


def write_parts(path: Path, parts: Iterable[str]) -> None:
    """Write a text file as a whole, its parts as they come."""
    with whole(path) as hidden, hidden.open("w", encoding="utf-8") as file:
        file.writelines(parts)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON as a whole; numbers must be finite (`None` is what is not known)."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def write_yaml(path: Path, value: Any) -> None:
    """Write YAML as a whole, with keys in their order."""
    write_text(path, yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True))


def read_bytes(path: Path, *, most: int = LARGEST, remedy: str = REMEDY) -> bytes:
    """Return what a regular file of a store holds, if these are at most `most` bytes.

    Raises `StoreError` that names a file which is not there, is a link, a pipe or a device, or is larger.
    """
    try:
        with open_regular(path) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({reason(error)}): {remedy}") from error
    if len(data) > most:
        raise StoreError(f"{path} cannot be read (it has more than {most:,} bytes): {remedy}")
    return data


def read_json(path: Path, of: Callable[..., T], *, remedy: str = REMEDY) -> T:
    """Read JSON of a type; raises `StoreError` that names a file which is not there or holds something else."""
    return from_json(read_bytes(path, remedy=remedy), of, path=path, remedy=remedy)


def from_json(data: bytes | str, of: Callable[..., T], *, path: Path, remedy: str = REMEDY) -> T:
    """Return the value of a type that JSON holds, strictly; raises `StoreError` that names the `path` it is of."""
    try:
        value: T = _adapter(of).validate_json(data, strict=True)
    except (ValidationError, RecursionError, MemoryError) as error:
        raise StoreError(f"{path} cannot be read ({reason(error)}): {remedy}") from error
    return value


def read_yaml(path: Path, of: Callable[..., T], *, remedy: str) -> T:
    """Read YAML of a type; raises `StoreError` as `read_json` does."""
    return from_yaml(read_bytes(path, most=LARGEST_YAML, remedy=remedy), of, path=path, remedy=remedy)


def from_yaml(data: bytes, of: Callable[..., T], *, path: Path, remedy: str) -> T:
    """Return the value of a type that YAML holds, strictly, without aliases and of at most `DEEPEST` levels.

    Raises `StoreError` that names `path`, where it was read.
    """
    try:
        text = data.decode()
        _refuse_unbounded(text)
        # As JSON, since types are checked in its terms: a list is a tuple, and a date is nothing.
        plain = json.dumps(yaml.load(text, Loader=yaml.CSafeLoader), allow_nan=False)
    except (ValueError, TypeError, yaml.YAMLError, RecursionError, MemoryError) as error:
        raise StoreError(f"{path} cannot be read ({' '.join(str(error).split())[:200]}): {remedy}") from error
    return from_json(plain, of, path=path, remedy=remedy)


def _refuse_unbounded(text: str) -> None:
    """Raise a `ValueError` for aliases, by which a small text can be a large value, and for what is deep or long."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("it has an alias")  # noqa: TRY004, a value and not a type
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST or number > MOST_VALUES:
            raise ValueError("it is nested too deeply" if depth > DEEPEST else "it has too many values")


@cache
def _adapter(of: Any) -> Any:
    return TypeAdapter(of)
