"""Images that are unlike those that a network learnt from, or of which it is unsure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from wsss.apps.batch.output import Row
from wsss.errors import one_of

NAMED: Final = 5
"""Images that a warning names."""


def unsure(rows: Sequence[Row], *, sure: Mapping[str, float], least: float) -> list[str]:
    """Return the images whose number in `sure` is below `least`, the least sure first."""
    found = [row["image"] for row in rows if sure[row["image"]] < least]
    return sorted(found, key=lambda image: (sure[image], image))


def unlike(rows: Sequence[Row]) -> list[str] | None:
    """Return the images whose `unlikeness` is above 1, the most unlike first; rows that have none are passed over.

    None where no row has one: then nothing was compared, and an empty list would say that nothing is unlike.
    """
    far = {row["image"]: row["unlikeness"] for row in rows if row.get("unlikeness") is not None}
    if rows and not far:
        return None
    return sorted((image for image in far if far[image] > 1), key=lambda image: (-far[image], image))


def warning(table: Mapping[str, Any], *, key: Literal["unlike", "unsure"], why: str) -> str | None:
    """Say how many images a table names under a key; None where none."""
    images = table.get(key) or []
    if not images:
        return None
    named = one_of(images, limit=NAMED)
    return f"{len(images)} of {len(table['images'])} images may be unlike those that were learnt from ({why}): {named}"
