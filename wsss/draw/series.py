"""Logged values of a training as rows, and their preparation for a chart."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, kw_only=True)
class LogRow:
    """One logged number: after `step` optimiser steps, `name` was `value`."""

    step: int
    name: str
    value: float


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
