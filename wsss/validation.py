"""Refusals of files in a few words: pydantic's, the system's, and of files whose end is missing."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import from_json

from wsss.errors import first_line

LONGEST: Final = 80
"""Characters of a part of a key, which a file may make as long as it likes."""

BOM: Final = b"\xef\xbb\xbf"
NO_END: Final = "EOF"
"""The first word of what pydantic's parser says where it wants more than there is."""


def first_problem(error: ValidationError, *, within: Sequence[str | int] = ()) -> str:
    """Return where a file is not what it should be, and why, of the first place alone.

    What was refused lies `within` these keys of the file; without any, it is the whole file.
    """
    first = error.errors(include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid" and (early := early_end_of(_bytes(first["input"]))):
        return early
    where = ".".join(str(part)[:LONGEST] for part in (*within, *first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def reason(error: BaseException) -> str:
    """Return in one line why a file could not be read: the first problem, where pydantic refused it.

    What the system says of a file is told without its path, which the message around it names as the user did.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return first_problem(error) if isinstance(error, ValidationError) else first_line(error)


def ends_early(data: bytes) -> bool:
    """Whether a text is the start of JSON, as of a file whose copy broke off, and more than spaces."""
    text = data.removeprefix(BOM)
    try:
        from_json(text)
    except ValueError as error:
        return bool(text.strip()) and str(error).startswith(NO_END)
    return False


def early_end_of(data: bytes) -> str | None:
    """Say so of JSON that `ends_early`; None for any other text."""
    return early_end(len(data)) if ends_early(data) else None


def early_end(byte: int, *, form: str = "JSON") -> str:
    """Say that a file of a form has no more bytes, though its end is missing."""
    return f"{form} that ends too early, at byte {byte:,}"


def _bytes(given: object) -> bytes:
    return given if isinstance(given, bytes) else str(given).encode(errors="surrogatepass")
