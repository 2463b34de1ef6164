"""Tables with a column a group: its scores, its classes, and the options that are not the same in all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from statistics import fmean, stdev
from typing import Any, Final

from rich.table import Table

from wsss.apps.compare.compared import flat
from wsss.apps.compare.groups import SEED, Group
from wsss.draw.numbers import ABSENT, MASK_FREE, ORACLE, percent, score_text

COMPARED: Final = ("map", "miou", *MASK_FREE)
QUIET: Final = {"pipeline", "name", "out", "plan", "store", "runtime", "hydra", "logger", "launcher"}
"""Options that change no result, or that only repeat another: `pipeline` is made of the other groups."""


def compared_scores(groups: Sequence[Group]) -> Table:
    """Return the scores of every stage and split that any run has, and what the last group gains over the first.

    These are mAP, mIoU, and the scores that no true mask is read for. Of several runs it is their mean with the sample
    standard deviation, and the lowest and highest. All are shares but the evidence of a threshold, which has no unit.
    """
    table = Table(
        "stage", "split", "metric", *(g.title for g in groups), "gain", "", title="scores, shares in per cent"
    )
    for stage, split, metric in _scored(groups):
        values = [_values(group, stage=stage, split=split, metric=metric) for group in groups]
        oracle = any(_is_oracle(run.scores.get(stage, {}).get(split, {}), metric) for g in groups for run in g.runs)
        write = partial(score_text, metric)
        told = (spread(each, write=write) for each in values)
        table.add_row(stage, split, metric, *told, _gain(values, write=write), ORACLE if oracle else "")
    return table


def compared_classes(groups: Sequence[Group], *, stage: str, split: str) -> Table:
    """Return the mean IoU of every class, those first where the last group differs most from the first."""
    table = Table("class", *(group.title for group in groups), "gain", title=f"IoU by class: {stage} on {split}")
    tables = [[run.scores.get(stage, {}).get(split, {}).get("iou", {}) for run in group.runs] for group in groups]
    names = dict.fromkeys(name for group in tables for run in group for name in run)
    rows = {name: [_known(run.get(name) for run in group) for group in tables] for name in names}
    for name, values in sorted(rows.items(), key=lambda row: -abs(_difference(row[1]) or 0.0)):
        table.add_row(name, *(percent(fmean(known)) if known else ABSENT for known in values), _gain(values))
    return table


def option_table(groups: Sequence[Group]) -> Table:
    """Return the options whose values are not the same in all groups; those that change no result are left out."""
    table = Table("option", *(group.title for group in groups), title="options that differ")
    configs = [[flat(run.record.config) for run in group.runs] for group in groups]
    several = any(len(group.runs) > 1 for group in groups)
    quiet = QUIET | {SEED} if several else QUIET
    for key in dict.fromkeys(key for group in configs for config in group for key in config):
        values = [list(dict.fromkeys(str(config.get(key, "")) for config in group)) for group in configs]
        if key.partition(".")[0] not in quiet and any(each != values[0] for each in values):
            table.add_row(key, *(" | ".join(each) for each in values))
    return table


def spread(values: Sequence[float], *, write: Callable[[float], str] = percent) -> str:
    """Write fractions as per cent: one as `30.0`, several as `30.0 ± 0.5 (29.4 to 30.6)`, with n - 1 in the deviation.

    `write` may write each number another way.

    >>> spread([0.294, 0.3, 0.306])
    '30.0 ± 0.6 (29.4 to 30.6)'
    """
    if len(values) < 2:
        return write(values[0]) if values else ABSENT
    mean, deviation = write(fmean(values)), write(stdev(values))
    return f"{mean} ± {deviation} ({write(min(values))} to {write(max(values))})"


def scores_of(group: Group, *, stage: str, split: str, metric: str = "miou") -> list[float | None]:
    """Return a score of every run; None where it has none."""
    return [run.scores.get(stage, {}).get(split, {}).get(metric) for run in group.runs]


def _is_oracle(found: Mapping[str, Any], metric: str) -> bool:
    """Tell whether true masks entered a score: those by which a threshold was chosen enter the mIoU alone."""
    return bool(found.get("oracle")) and (metric not in MASK_FREE or "threshold" not in found)


def _values(group: Group, *, stage: str, split: str, metric: str) -> list[float]:
    return _known(scores_of(group, stage=stage, split=split, metric=metric))


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _scored(groups: Sequence[Group]) -> list[tuple[str, str, str]]:
    found = (
        (stage, split, metric)
        for group in groups
        for run in group.runs
        for stage, splits in run.scores.items()
        for split, scores in splits.items()
        for metric in COMPARED
        if scores.get(metric) is not None
    )
    return list(dict.fromkeys(found))


def _difference(values: Sequence[Sequence[float]]) -> float | None:
    first, last = values[0], values[-1]
    return fmean(last) - fmean(first) if len(values) > 1 and first and last else None


def _gain(values: Sequence[Sequence[float]], *, write: Callable[[float], str] = percent) -> str:
    gain = _difference(values)
    return ABSENT if gain is None else f"{'-' if gain < 0 else '+'}{write(abs(gain))}"
