"""Images of which a network is unsure: they are often unlike those that it learnt from."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wsss.apps.batch.output import Row
from wsss.errors import one_of

NAMED: Final = 5
"""Images that a warning names."""


def unsure(rows: Sequence[Row], *, sure: Mapping[str, float], least: float) -> list[str]:
    """Return the images whose number in `sure` is below `least`, the least sure first."""
    found = [row["image"] for row in rows if sure[row["image"]] < least]
    return sorted(found, key=lambda image: (sure[image], image))


def warning(table: Mapping[str, Any], *, why: str) -> str | None:
    """Say of how many images of a table the network is unsure; None where of none."""
    images = table.get("unsure", [])
    if not images:
        return None
    named = one_of(images, limit=NAMED)
    return f"{len(images)} of {len(table['images'])} images may be unlike those that were learnt from ({why}): {named}"
