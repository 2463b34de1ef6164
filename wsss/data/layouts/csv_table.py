"""Tables in CSV as spreadsheets and scripts write them: what separates columns, and which of them have a name."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wsss.data.listing import Problem

DELIMITERS: Final = (",", ";", "\t")
"""Between columns: spreadsheets write what the language of the system asks for."""
NAMED_DELIMITER: Final = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""A first line by which Excel tells itself what separates columns."""
MOST_LETTERS: Final = csv.field_size_limit()
"""Letters of a cell, from which on a quote is likely to be missing."""

Line = tuple[int, Sequence[str]]
"""The number of a line, and its cells."""


@dataclass(frozen=True, kw_only=True)
class CsvTable:
    """A table whose lines are read one by one; blank ones, and columns without a name, are left out."""

    names: Sequence[str]
    """Names of the columns, without the spaces around them."""
    line: int
    """The number of the header's line."""
    rows: Iterator[Line | Problem]
    """The lines below, each with a cell for every column, and what is wrong with others."""
    notes: Sequence[str]
    """What a person should know of how the table was read, a sentence each."""


def read_table(path: Path, lines: Sequence[str], *, key: str) -> CsvTable | Problem:
    """Read the header of a table, and return the table or what is wrong with the header.

    Args:
        path: The file, for messages.
        lines: Its lines with their ends.
        key: The name of a column that every table has: columns are separated by what sets it apart.
    """
    delimiter, lines = _delimiter(lines, key=key)
    cells = _cells(path, lines, delimiter=delimiter)
    first = next(cells, (1, []))
    if isinstance(first, Problem):
        return first
    number, header = first[0], _without_blank_end([name.strip() for name in first[1]])
    named = [column for column, name in enumerate(header) if name]
    notes = [f"{path.name} separates columns with {delimiter!r}"] if delimiter != "," else []
    if len(named) < len(header):
        count = len(header) - len(named)
        nameless = "1 column without a name, which is" if count == 1 else f"{count} columns without a name, which are"
        notes.append(f"{path.name} has {nameless} not read")
    rows = (row if isinstance(row, Problem) else _row(path, row, count=len(header), named=named) for row in cells)
    return CsvTable(names=[header[column] for column in named], line=number, rows=rows, notes=notes)


def _delimiter(lines: Sequence[str], *, key: str) -> tuple[str, Sequence[str]]:
    """Return what separates columns, and the lines without one that only says so."""
    start = next((number for number, line in enumerate(lines) if line.strip()), None)
    if start is None:
        return DELIMITERS[0], lines
    if said := NAMED_DELIMITER.fullmatch(lines[start].strip("\r\n")):
        return said[1], [*lines[:start], "\n", *lines[start + 1 :]]
    for delimiter in DELIMITERS:
        names = [name.strip(' "\r\n').lower() for name in lines[start].split(delimiter)]
        if len(names) > 1 and key in names:
            return delimiter, lines
    return DELIMITERS[0], lines


def _cells(path: Path, lines: Sequence[str], *, delimiter: str) -> Iterator[tuple[int, list[str]] | Problem]:
    reader = csv.reader(lines, strict=True, delimiter=delimiter)
    while True:
        start = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            why, remedy = str(error), "put names with quotes or commas in quotes"
            if "field limit" in why:
                why, remedy = f"a cell has more than {MOST_LETTERS:,} letters", "is a quote missing before it?"
            yield Problem(kind="label", why=f"{path}, line {start}: {why}; {remedy}")
            continue
        if any(value.strip() for value in values):
            yield reader.line_num, values


def _row(path: Path, line: tuple[int, list[str]], *, count: int, named: Sequence[int]) -> Line | Problem:
    number, cells = line
    if len(cells) > count:
        cells = [*cells[:count], *_without_blank_end(cells[count:])]
    if len(cells) == count:
        return number, [cells[column].strip() for column in named]
    why = f"{path}, line {number} has {len(cells)} columns and the header {count}"
    remedy = "separate labels with ';', and put names with commas in quotes"
    return Problem(kind="label", why=f"{why}: {remedy}", name=f"line {number}", complaint=f"{len(cells)} columns")


def _without_blank_end(cells: Sequence[str]) -> list[str]:
    last = max((column for column, cell in enumerate(cells) if cell.strip()), default=-1)
    return list(cells[: last + 1])
