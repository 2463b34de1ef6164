"""Classes held against each other: which of them keep more of their probability without the object than is usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from wsss.apps.debug.erase import Erased
from wsss.metrics.slices import rank_sum

STANDS_OUT: Final = 0.2
"""By which a class's context sufficiency exceeds the median of the other classes, or it is as usual here."""
FEWEST: Final = 5
"""Images of a class that are judged at least."""
CHANCE: Final = 0.05
"""Probability that any class at all stands out by chance."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ClassContext:
    """The images of a class, and how what is left of it compares with the other classes."""

    cls: int
    images: tuple[Erased, ...]
    origin: str
    """`truth` where enough images have a mask, or else `run`."""
    left: float
    """Mean context sufficiency."""
    others: float
    """Median of the other classes' means; nan where there is none."""
    p: float
    """Of the rank-sum test that the other classes' images keep as much."""

    @property
    def stands_out(self) -> bool:
        """Whether more is left than chance has it."""
        return len(self.values) >= FEWEST and self.left - self.others >= STANDS_OUT and self.p < CHANCE

    @property
    def values(self) -> list[float]:
        """Context sufficiency of every image."""
        return [each.left(self.origin) for each in self.images if self.origin in each.origins]


def compared(erased: Mapping[int, Sequence[Erased]]) -> list[ClassContext]:
    """Compare every class that was looked at with all others, the one with the most left first."""
    origins = {c: _origin(own) for c, own in erased.items() if own}
    values = {c: [each.left(o) for each in erased[c] if o in each.origins] for c, o in origins.items()}
    means = {c: float(np.mean(own)) for c, own in values.items()}
    found = []
    for c, own in values.items():
        others = [v for d, theirs in values.items() if d != c for v in theirs]
        found.append(
            ClassContext(
                cls=c,
                images=tuple(erased[c]),
                origin=origins[c],
                left=means[c],
                others=float(np.median([m for d, m in means.items() if d != c])) if others else float("nan"),
                p=rank_sum(np.array(own), np.array(others)) * len(values) if others else 1.0,
            )
        )
    return sorted(found, key=lambda each: (-each.left, each.cls))


def _origin(images: Sequence[Erased]) -> str:
    masked = sum("truth" in each.origins for each in images)
    return "truth" if masked >= FEWEST or all("run" not in each.origins for each in images) else "run"
