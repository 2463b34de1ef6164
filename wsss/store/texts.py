"""Texts and JSON. Every write goes to a hidden name and is renamed, so a file is whole or not there."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from wsss.errors import StoreError

REMEDY: Final = "delete it and the manifest.json of its stage, and run again"
"""What helps where a file of the store cannot be read."""


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
        hidden.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file as a whole."""
    with whole(path) as hidden:
        hidden.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON as a whole; numbers must be finite (`None` is what is not known)."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON; raises `StoreError` that names a file which is not there or is torn."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}): {REMEDY}") from error
