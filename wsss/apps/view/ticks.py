"""Suspects of a table that a person accepts: the column `accept` of its CSV file, changed a cell at a time."""

import csv
import io
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, final

from wsss.errors import DataError
from wsss.store.texts import write_text
from wsss.validation import reason

IMAGE: Final = "image"
ACCEPT: Final = "accept"
YES: Final = "yes"


@final
@dataclass(frozen=True, kw_only=True)
class Suspect:
    """One row of a table: about which image it is, what it says, and whether it is accepted."""

    table: int
    row: int
    image: str
    words: str
    accept: str


@final
@dataclass(frozen=True, kw_only=True)
class Ticks:
    """A CSV file with the columns `image` and `accept`, which other programs may change as well."""

    path: Path
    lock: threading.Lock = field(default_factory=threading.Lock)

    def suspects(self, table: int) -> list[Suspect]:
        """Return the rows; raises `DataError` for a file that cannot be read or lacks the columns."""
        head, *rows = self._rows()
        return [
            Suspect(
                table=table,
                row=number,
                image=row[head.index(IMAGE)].removeprefix("'"),
                words=", ".join(
                    f"{name} {cell}"
                    for name, cell in zip(head, row, strict=True)
                    if cell and name not in (IMAGE, ACCEPT)
                ),
                accept=row[head.index(ACCEPT)],
            )
            for number, row in enumerate(rows)
        ]

    def accept(self, row: int, *, image: str, accepted: bool) -> str:
        """Write `yes` or nothing into a row's cell, and return it; the file is replaced as a whole.

        Raises `DataError` where the file changed, so that the row is about another image.
        """
        with self.lock:
            head, *rows = self._rows()
            if not 0 <= row < len(rows) or rows[row][head.index(IMAGE)].removeprefix("'") != image:
                raise DataError(f"{self.path} has changed: load the page again")
            rows[row][head.index(ACCEPT)] = YES if accepted else ""
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([head, *rows])
            write_text(self.path, text.getvalue())
        return YES if accepted else ""

    def _rows(self) -> list[list[str]]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.reader(file, strict=True))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{self.path} cannot be read ({reason(error)}): make the audit again") from error
        head = rows[0] if rows else []
        if IMAGE not in head or ACCEPT not in head or any(len(row) != len(head) for row in rows):
            raise DataError(f"{self.path} is not a table with the columns {IMAGE} and {ACCEPT}: make the audit again")
        return rows


def has_ticks(path: Path) -> bool:
    """Tell whether a CSV file has a column that a person fills in."""
    try:
        Ticks(path=path).suspects(0)
    except DataError:
        return False
    return True
