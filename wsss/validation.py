"""Pydantic's refusals of files, in a few words."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from wsss.errors import first_line

LONGEST: Final = 80
"""Characters of a part of a key, which a file may make as long as it likes."""


def first_problem(error: ValidationError, *, within: Sequence[str | int] = ()) -> str:
    """Return where a file is not what it should be, and why, of the first place alone.

    What was refused lies `within` these keys of the file; without any, it is the whole file.
    """
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part)[:LONGEST] for part in (*within, *first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def reason(error: Exception) -> str:
    """Return in one line why a file could not be read: the first problem, where pydantic refused it."""
    return first_problem(error) if isinstance(error, ValidationError) else first_line(error)
