"""Format numbers for people: fractions as per cent, seconds and bytes in familiar units."""

import math
from collections.abc import Mapping
from typing import Any, Final

AGREEMENT: Final = "agreement"
"""Of a network's masks with those that it learnt from, or of maps with the first ones of the same classifier."""
EVIDENCE: Final = "evidence"
"""Of a threshold that was chosen without masks; see `wsss.metrics.separation`."""
TAG_F1: Final = "tag_f1"
"""Of the classes in a network's masks against the images' tags."""
MASK_FREE: Final = {AGREEMENT: "agreement", TAG_F1: "F1 of tags", EVIDENCE: "evidence"}
"""Scores that no true mask is read for, with their names."""
ORACLE: Final = "oracle (uses masks)"

ABSENT: Final = "–"
"""Stands where there is no number."""


def percent(fraction: float | None) -> str:
    """Write a fraction as per cent with one decimal, without the sign: 0.3629 is `36.3`."""
    return ABSENT if fraction is None or math.isnan(fraction) else f"{100 * fraction:.1f}"


def score_text(objective: str, value: float | None) -> str:
    """Write a score, `stage/split/metric`, as a number without a unit: shares in per cent, and evidence as it is.

    >>> score_text("choose_threshold/train/evidence", 0.00641), score_text("train_classifier/val/map", 0.641)
    ('0.00641', '64.1')
    """
    return f"{value:.3g}" if value is not None and not _is_share(objective) else percent(value)


def unit_of(objective: str) -> str:
    """Return what stands after the numbers of `score_text`: ` %`, or nothing."""
    return " %" if _is_share(objective) else ""


def _is_share(objective: str) -> bool:
    return objective.rpartition("/")[2] != EVIDENCE


def without_masks(metrics: Mapping[str, Any]) -> list[str]:
    """Write those of some metrics that are `MASK_FREE`, with their names.

    >>> without_masks({"miou": 0.5, "agreement": 0.25, "evidence": 0.0123})
    ['agreement 25.0 %', 'evidence 0.0123']
    """
    known = {key: metrics[key] for key in MASK_FREE if metrics.get(key) is not None}
    return [f"{MASK_FREE[key]} {score_text(key, value)}{unit_of(key)}" for key, value in known.items()]


def duration(seconds: float | None) -> str:
    """Write a time span in two units at most: `0.4 s`, `27 s`, `3 min 12 s`, `2 h 05 min`."""
    if seconds is None or math.isnan(seconds):
        return ABSENT
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def file_size(count: int | None) -> str:
    """Write a number of bytes in units of 1000: `512 B`, `14.2 kB`, `3.0 GB`."""
    if count is None:
        return ABSENT
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.95:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
