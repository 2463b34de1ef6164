"""Files of lines, read to the end whatever is wrong with single lines."""

from pathlib import Path

from wsss.data.listing import Kind, Problem
from wsss.paths import NotRegularError, open_regular

NOT_TEXT = b"\0"
"""A byte that UTF-8 texts do not hold, and those of two bytes a letter do."""


def read_lines(path: Path, *, kind: Kind) -> tuple[list[str], list[Problem]]:
    """Return the lines of a UTF-8 file with their ends, without a byte order mark; lines in another encoding are empty.

    Such lines are problems, and so is a file that may not be read, or is in another encoding as a whole.
    """
    try:
        with open_regular(path, links=True) as file:
            data = file.read()
    except PermissionError:
        return [], [Problem(kind=kind, why=f"{path} may not be read by you: change its permissions")]
    except NotRegularError as error:
        return [], [Problem(kind=kind, why=f"{path} {error.strerror}: replace it by a file")]
    lines: list[str] = []
    problems: list[Problem] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True), start=1):
        try:
            lines.append(line.decode())
        except UnicodeDecodeError as error:
            lines.append("\n")
            why = f"{path}, line {number}: this is not UTF-8 ({error.reason}): save it as UTF-8"
            problems.append(Problem(kind=kind, why=why, name=f"line {number}", complaint="not UTF-8"))
    if problems and NOT_TEXT in data:
        return [], problems[:1]
    return lines, problems
