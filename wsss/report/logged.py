"""What a training logged, as rows, and what has to be done to it before it is drawn."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from wsss.errors import DataError

POSITIONS: Final = ("step", "epoch")
"""Columns of a `metrics.csv` that say when, not what."""


@dataclass(frozen=True, kw_only=True)
class LogRow:
    """One logged number: after `step` optimiser steps, `name` was `value`."""

    step: int
    name: str
    value: float


def read_rows(text: str) -> tuple[LogRow, ...]:
    """Read a Lightning `metrics.csv`: a column for each name, empty cells where nothing was logged at that step.

    Raises `DataError` where there is no column `step`, or where a cell is no number.
    """
    table = csv.DictReader(io.StringIO(text))
    if "step" not in (table.fieldnames or ()):
        raise DataError("this is no metrics.csv of a training: it has no column `step`")
    return tuple(
        LogRow(
            step=int(_number(cells["step"], name="step", line=line)),
            name=name,
            value=_number(cell, name=name, line=line),
        )
        for line, cells in enumerate(table, start=2)
        for name, cell in cells.items()
        if name is not None and name not in POSITIONS and cell
    )


def _number(cell: str | None, *, name: str, line: int) -> float:
    try:
        return float(cell or "")
    except ValueError as error:
        raise DataError(f"line {line} of the metrics.csv has {cell!r} as its {name}: delete that line") from error


@dataclass(frozen=True, kw_only=True)
class Series:
    """The values of one name by increasing step; what is not finite is nan, and drawn as a gap."""

    name: str
    steps: Float[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]


def series(rows: Iterable[LogRow]) -> tuple[Series, ...]:
    """Group rows by name, in order of first appearance; of two values at one step (a resumed run) the later row counts.

    Where Lightning logged a loss both by step and by epoch (`_step`, `_epoch`), the mean over the epoch is left out.
    """
    by_name: dict[str, dict[int, float]] = {}
    for row in rows:
        by_name.setdefault(row.name, {})[row.step] = row.value if math.isfinite(row.value) else math.nan
    twins = {name.removesuffix("_step") + "_epoch" for name in by_name if name.endswith("_step")}
    return tuple(_sorted(name, values) for name, values in by_name.items() if name not in twins)


def _sorted(name: str, values: dict[int, float]) -> Series:
    steps = sorted(values)
    return Series(name=name, steps=np.array(steps, dtype=float), values=np.array([values[step] for step in steps]))


def smooth(values: Float[np.ndarray, " n"], *, reach: int) -> Float[np.ndarray, " n"]:
    """Return the mean over `reach` values to either side, over fewer of them at the ends; a nan spreads as far."""
    windows = (values[max(0, i - reach) : i + reach + 1] for i in range(len(values)))
    return np.array([window.mean() for window in windows])


def thinned(points: Series, *, limit: int) -> Series:
    """Keep every k-th point and the last one, so that about `limit` remain."""
    keep: Sequence[int] = sorted({*range(0, len(points.steps), -(-len(points.steps) // limit)), len(points.steps) - 1})
    return Series(name=points.name, steps=points.steps[keep], values=points.values[keep])
