"""Tables of confusion: which label the pixels of each label were given, as shares of what is true."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wsss.draw.outcome import Result
from wsss.labels import BACKGROUND

MOST: Final = 25
"""Labels that a table shows at most: those with most wrong pixels, and the background."""


@dataclass(frozen=True, kw_only=True)
class ConfusionTable:
    """One line for each label that is true somewhere, one column for each label shown, as fractions of the line."""

    stage: str
    split: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[float, ...]], ...]
    left_out: int
    """Labels that occur, and for which there is no room."""


def confusion_table(result: Result, *, names: Sequence[str]) -> ConfusionTable | None:
    """Return the table of a result; None where its pixels were not counted."""
    if result.counts is None:
        return None
    counts = result.counts.astype(np.float64)
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    occurring = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    ranked = sorted(occurring.tolist(), key=lambda label: (label != BACKGROUND, -wrong[label]))
    shown = sorted(ranked[:MOST])
    totals = counts.sum(axis=1)
    lines = [(names[label], tuple((counts[label, shown] / totals[label]).tolist())) for label in shown if totals[label]]
    return ConfusionTable(
        stage=result.stage,
        split=result.split,
        columns=tuple(names[label] for label in shown),
        lines=tuple(lines),
        left_out=len(occurring) - len(shown),
    )
