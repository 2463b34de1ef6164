"""Tables of confusions: answers that the tags do not confirm, and what lies there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from wsss.apps.debug.survey import Survey
from wsss.draw.tables import Cell, Table


@final
@dataclass(frozen=True, kw_only=True)
class Wrong:
    """An image on which the network and the tags do not agree about a class."""

    cls: int
    image: int
    """Its place in the survey."""
    probability: float
    said: bool
    """Whether the network says yes and the tags no; otherwise the reverse."""
    under: Mapping[str, str]
    """By `run` and `truth`: the label under the map's peak where it is said, and the class whose map covers the object
    most where it is missed."""


def count_table(counts: Mapping[int, tuple[int, int, int]], *, names: Sequence[str]) -> Table:
    """Count the answers for each class, those that are wrong most often first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1][0] - item[1][2], item[0]))
    rows = tuple((names[c], said, right, missed) for c, (said, right, missed) in ranked)
    return Table(title="Answers", columns=("class", "not tagged", "right", "missed"), rows=rows)


def under_table(found: Sequence[Wrong], *, names: Sequence[str], said: bool) -> Table:
    """Count what lies under the peaks of wrong answers, or what covers missed objects; a column an origin."""
    counts = Counter(
        (each.cls, label, origin) for each in found if each.said == said for origin, label in each.under.items()
    )
    pairs = dict.fromkeys((c, label) for c, label, _ in counts)
    rows: list[tuple[Cell, ...]] = [
        (names[c], label, counts[c, label, "run"], counts[c, label, "truth"]) for c, label in pairs
    ]
    rows.sort(key=lambda row: (-int(row[2] or 0) - int(row[3] or 0), str(row[0]), str(row[1])))
    title, column = ("Under the peak", "label") if said else ("On missed objects", "covered by")
    heads = ("class", column, "by the run's masks", "by true masks")
    return Table(title=title, columns=heads, rows=tuple(rows))


def image_table(looked: Survey, found: Sequence[Wrong], *, names: Sequence[str]) -> Table:
    """Return a row for each image and class that was looked at."""
    rows = tuple(
        (
            looked.records[each.image].id,
            names[each.cls],
            "not tagged" if each.said else "missed",
            each.probability,
            each.under.get("run"),
            each.under.get("truth"),
        )
        for each in found
    )
    columns = ("image", "class", "", "probability", "by the run's masks", "by true masks")
    return Table(title="Images", columns=columns, rows=rows)
