"""Slices: groups of rows, named by what they have in common, on which a model errs more than elsewhere.

After SliceLine (Sagadeeva and Boehm, SIGMOD 2021): conjunctions of properties are ranked by how much more they err and
by how many rows they have. Beyond it, a slice must pass a rank-sum test among all that were tried (Benjamini and
Hochberg), and a conjunction must err more than either of its parts without the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import mannwhitneyu

Rows = Bool[np.ndarray, " n"]
Errors = Float[np.ndarray, " n"]

ALPHA: Final = 0.95
"""Weight of the error against that of the size."""
FEWEST: Final = 10
LEAST_SHARE: Final = 0.02
"""Rows that a slice has at least: so many, and this share of all."""
FALSE: Final = 0.05
"""Share of false ones among the slices that are named, and the level at which a part of a conjunction must count."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Slice:
    """Rows that have all of `properties`."""

    properties: tuple[str, ...]
    rows: Rows
    error: float
    """Mean error of its rows."""
    rest: float
    """Mean error of all others."""
    score: float
    """SliceLine's, above 0 where both the error and the size speak for it."""
    p: float
    """Of the rank-sum test, one-sided, before any correction."""

    @property
    def count(self) -> int:
        """How many rows it has."""
        return int(self.rows.sum())


def find_slices(
    properties: Mapping[str, Rows], errors: Errors, *, fewest: int = FEWEST, alpha: float = ALPHA
) -> list[Slice]:
    """Return the slices of one or two properties that err more, the highest score first.

    Args:
        properties: Which rows have a property, by its name.
        errors: Of each row, 0 or more; the scale does not matter.
        fewest: Rows that a slice has at least; never fewer than 2 per cent of all.
        alpha: Weight of the error in the score; the rest is that of the size.
    """
    fewest = max(fewest, int(np.ceil(LEAST_SHARE * len(errors))))
    singles = {name: rows for name, rows in properties.items() if fewest <= rows.sum() <= len(errors) - fewest}
    tried = [_slice((name,), rows, errors, alpha=alpha) for name, rows in singles.items()]
    for names, rows in _pairs(singles, fewest=fewest):
        if all(_adds(rows, singles[name] & ~rows, errors) for name in names):
            tried.append(_slice(names, rows, errors, alpha=alpha))
    passed = benjamini_hochberg([each.p for each in tried])
    kept = [each for each, real in zip(tried, passed, strict=True) if real and each.score > 0]
    return sorted(kept, key=lambda each: (-each.score, each.properties))


def benjamini_hochberg(ps: Sequence[float], *, false: float = FALSE) -> list[bool]:
    """Tell which tests pass, so that a share `false` of those that do is expected to be false (JRSS-B, 1995).

    >>> benjamini_hochberg([0.01, 0.9, 0.03, 0.04])
    [True, False, False, False]
    """
    order = np.argsort(ps, kind="stable")
    below = np.asarray(ps)[order] <= false * (np.arange(len(ps)) + 1) / max(len(ps), 1)
    last = int(np.flatnonzero(below).max()) + 1 if below.any() else 0
    passed = np.zeros(len(ps), dtype=np.bool_)
    passed[order[:last]] = True
    return [bool(each) for each in passed]


def rank_sum(one: Float[np.ndarray, " m"], other: Float[np.ndarray, " k"]) -> float:
    """Return the one-sided p of Mann and Whitney's test that values of `one` are the larger ones."""
    return float(mannwhitneyu(one, other, alternative="greater").pvalue)


def _pairs(singles: Mapping[str, Rows], *, fewest: int) -> Iterator[tuple[tuple[str, str], Rows]]:
    for one, other in combinations(singles, 2):
        rows = singles[one] & singles[other]
        # Both parts keep rows of their own, or the conjunction says no more than one of them.
        if rows.sum() >= fewest and all((singles[name] & ~rows).any() for name in (one, other)):
            yield (one, other), rows


def _adds(rows: Rows, without: Rows, errors: Errors) -> bool:
    return rank_sum(errors[rows], errors[without]) < FALSE


def _slice(names: tuple[str, ...], rows: Rows, errors: Errors, *, alpha: float) -> Slice:
    error, mean = float(errors[rows].mean()), float(errors.mean())
    excess = error / mean - 1 if mean > 0 else 0.0
    score = alpha * excess - (1 - alpha) * (len(errors) / int(rows.sum()) - 1)
    rest = errors[~rows]
    return Slice(
        properties=names, rows=rows, error=error, rest=float(rest.mean()), score=score, p=rank_sum(errors[rows], rest)
    )
