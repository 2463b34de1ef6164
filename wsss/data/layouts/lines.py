"""Files of lines, read to the end whatever is wrong with single lines."""

from pathlib import Path
from typing import Final

from wsss.data.archives import read_source
from wsss.data.listing import Kind, Problem
from wsss.paths import NotRegularError

UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
"""What texts of two bytes a letter begin with, mostly."""
ZIP: Final = b"PK\x03\x04"
"""What workbooks of spreadsheets begin with."""
NOT_TEXT: Final = b"\0"
"""A byte that UTF-8 texts do not hold, and every other one of UTF-16 is, in Latin letters."""


def read_lines(path: Path, *, kind: Kind) -> tuple[list[str], list[Problem]]:
    """Return the lines of a UTF-8 file with their ends, without a byte order mark; lines in another encoding are empty.

    Such lines are problems, and so is a file that may not be read, or is in another encoding as a whole.
    """
    try:
        data = read_source(path)
    except PermissionError:
        return [], [Problem(kind=kind, why=f"{path} may not be read by you: change its permissions")]
    except NotRegularError as error:
        return [], [Problem(kind=kind, why=f"{path} {error.strerror}: replace it by a file")]
    if other := _no_lines(data):
        return [], [Problem(kind=kind, why=f"{path}, line 1: this is not UTF-8 but {other}")]
    lines: list[str] = []
    problems: list[Problem] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True), start=1):
        try:
            lines.append(line.decode())
        except UnicodeDecodeError:
            lines.append("\n")
            why = f"{path}, line {number}: this is not UTF-8 but most likely Latin-1 or Windows-1252: save it as UTF-8"
            problems.append(Problem(kind=kind, why=why, name=f"line {number}", complaint="not UTF-8"))
    return lines, problems


def _no_lines(data: bytes) -> str | None:
    """Return what a file is that has no lines of UTF-8 at all, with the remedy."""
    if data.startswith(ZIP):
        return "a workbook or another ZIP: save it as CSV in UTF-8"
    if data.startswith(UTF_16) or data.count(NOT_TEXT) > len(data) // 4:
        return "most likely UTF-16: save it as UTF-8"
    return None
