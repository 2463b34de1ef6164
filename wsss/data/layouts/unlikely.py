"""Class names that are most likely a slip: words that stand for nothing, and names that look like another one."""

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from wsss.data.layouts.label_row import LabelRow
from wsss.data.listing import Problem
from wsss.errors import brief

NOTHING: Final = frozenset(("nan", "none", "null", "n/a", "<na>", "?", "-"))
"""What programs write into empty cells, in lower case."""
COUNTED: Final = frozenset(("id", "index", "idx", "no", "nr", "number", "fold"))
"""What columns of numbers are called, in lower case: where all are 0 or 1, such a column looks like a class."""
LOOKALIKES: Final = str.maketrans("асеһіјоԛѕԝхуαινορτυχ", "aceһijoqswxyaivoptux")
"""Small Cyrillic and Greek letters by the Latin ones that they look like (Unicode Technical Standard 39)."""


def unlikely_labels(rows: Sequence[LabelRow], *, known: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for every name that stands for nothing, or that a reader takes for another name.

    Such a name would be learnt as a class of its own, in silence. Names that are `known` as classes are accepted.
    """
    sources: dict[str, str] = {}
    for row in rows:
        for name in row.names:
            sources.setdefault(name, row.source)
    first: dict[str, str] = {}
    for name, source in sources.items():
        before = first.setdefault(seen_as(name), name)
        if name in known and before in known:
            continue
        if name.lower() in NOTHING:
            remedy = "leave it empty where an image shows no class; if it is a class, name it in `dataset.classes`"
            why = f"{source}: the label {name!r} looks like an empty cell: {remedy}"
            yield Problem(kind="label", why=why, name=repr(name), complaint="nothing")
        elif name.lower() in COUNTED:
            remedy = "take that column out; if it is a class, name it in `dataset.classes`"
            why = f"{source}: the label {name!r} looks like a column of numbers: {remedy}"
            yield Problem(kind="label", why=why, name=repr(name), complaint="numbers")
        elif before != name:
            likeness = f"the label {_spelt(name)} is almost {_spelt(before)} ({sources[before]})"
            accepted = "if each is a class of its own, name both in `dataset.classes`"
            why = f"{source}: {likeness}: spell both alike; {accepted}"
            yield Problem(kind="label", why=why, name=brief(name), complaint="alike")


def seen_as(name: str) -> str:
    """Return what a reader sees of a name: no capitals, one kind of space, no foreign twins of letters.

    >>> seen_as("Hot_Dog") == seen_as("hot  dog")
    True
    """
    folded = unicodedata.normalize("NFKC", name).casefold().translate(LOOKALIKES).replace("_", " ").replace("-", " ")
    visible = "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")
    return " ".join(visible.split())


def _spelt(name: str) -> str:
    """Return a name as it is told: with the numbers of its letters where these are not what they look like."""
    return brief(name) if name.isascii() else f"{brief(name)} (in ASCII {ascii(name)[:100]})"
