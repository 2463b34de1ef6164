"""Pydantic's refusals of files, in a few words."""

from typing import Final

from pydantic import ValidationError

LONGEST: Final = 80
"""Characters of a part of a key, which a file may make as long as it likes."""


def first_problem(error: ValidationError) -> str:
    """Return where a file is not what it should be, and why, of the first place alone."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part)[:LONGEST] for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
