"""Class names that look like several labels in one, since another character separates the labels of an image."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from wsss.data.layouts.label_row import LabelRow
from wsss.data.listing import Problem
from wsss.errors import brief

SEPARATORS: Final = (",", ";", "|", "#", "/", "\t", "+", "&", " ")
"""What separates labels in other people's files."""
QUOTES: Final = "[](){}'\""
"""A name that begins and ends with one of these was cut out of a list."""

MOST_PARTS: Final = 10
"""So many of the labels that a name looks like are told."""


def joined_labels(rows: Sequence[LabelRow], *, separator: str | None, known: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for every name that is made of other names, or stands in brackets or quotes.

    Such a name would be learnt as a class of its own, in silence. Names that are `known` as classes are accepted.

    Args:
        rows: The images.
        separator: What separates the labels of an image in the file; None where it has lists.
        known: Names of classes.
    """
    sources: dict[str, str] = {}
    for row in rows:
        for name in row.names:
            sources.setdefault(name, row.source)
    parts = Counter(part for name in sources for part in {name, *_parts(name)})
    alone = {*sources, *known}
    for name in [name for name in sources if name not in known]:
        mark = next((mark for mark in SEPARATORS if mark != separator and _joins(mark, name, parts, alone)), None)
        if mark is not None:
            parts_of = _split(name, mark)
            labels = " and ".join(brief(part) for part in parts_of[:MOST_PARTS])
            labels += f" and {len(parts_of) - MOST_PARTS} more" if len(parts_of) > MOST_PARTS else ""
            remedy = f"set dataset.separator={mark!r}, or separate labels with {separator!r}"
            if separator is None:
                remedy = "write every label as a text of its own"
            yield _problem(f"looks like {labels}", remedy, name=name, source=sources[name])
        elif len(name) > 1 and name[0] in QUOTES and name[-1] in QUOTES:
            remedy = f"separate labels with {separator!r}, without brackets and quotes"
            if separator is None:
                remedy = "write every label as a text of its own"
            yield _problem("looks like a list", remedy, name=name, source=sources[name])


def _joins(mark: str, name: str, parts: Counter[str], alone: Collection[str]) -> bool:
    """Whether a mark joins labels in a name: one part occurs elsewhere or, since names hold spaces, all of them do."""
    split = _split(name, mark)
    if len(split) < 2:
        return False
    return all(part in alone for part in split) if mark == " " else any(parts[part] > 1 for part in split)


def _parts(name: str) -> set[str]:
    return {part for mark in SEPARATORS if mark != " " for part in _split(name, mark)}


def _split(name: str, mark: str) -> list[str]:
    return [part.strip() for part in name.split(mark) if part.strip()]


def _problem(what: str, remedy: str, *, name: str, source: str) -> Problem:
    accepted = "if it is one class, name it in `dataset.classes`"
    why = f"{source}: the label {brief(name)} {what}: {remedy}; {accepted}"
    return Problem(kind="label", why=why, name=brief(name), complaint=remedy)
