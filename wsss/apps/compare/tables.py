"""Tables with a column a run: its scores, its classes, and the options that are not the same in all."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Table

from wsss.apps.compare.compared import Compared, flat
from wsss.draw.numbers import ABSENT, percent

COMPARED: Final = ("map", "miou")
QUIET: Final = {"pipeline", "name", "out", "plan", "store", "runtime", "hydra", "logger", "launcher"}
"""Options that change no result, or that only repeat another: `pipeline` is made of the other groups."""


def compared_scores(runs: Sequence[Compared]) -> Table:
    """Return mAP and mIoU of every stage and split that any run has, and what the last run gains over the first."""
    table = Table("stage", "split", "metric", *(run.name for run in runs), "gain", title="scores, per cent")
    for stage, split, metric in _scored(runs):
        values = [run.scores.get(stage, {}).get(split, {}).get(metric) for run in runs]
        table.add_row(stage, split, metric, *map(percent, values), _gain(values))
    return table


def compared_classes(runs: Sequence[Compared], *, stage: str, split: str) -> Table:
    """Return the IoU of every class, those first where the last run differs most from the first."""
    table = Table("class", *(run.name for run in runs), "gain", title=f"IoU by class: {stage} on {split}")
    columns: list[Mapping[str, Any]] = [run.scores.get(stage, {}).get(split, {}).get("iou", {}) for run in runs]
    rows = {name: [column.get(name) for column in columns] for name in dict.fromkeys(n for c in columns for n in c)}
    for name, values in sorted(rows.items(), key=lambda row: -abs(_difference(row[1]) or 0.0)):
        table.add_row(name, *map(percent, values), _gain(values))
    return table


def option_table(runs: Sequence[Compared]) -> Table:
    """Return the options that are not the same in all runs; those that change no result are left out."""
    table = Table("option", *(run.name for run in runs), title="options that differ")
    configs = [flat(run.record.config) for run in runs]
    for key in dict.fromkeys(key for config in configs for key in config):
        values = [config.get(key, "") for config in configs]
        if key.partition(".")[0] not in QUIET and any(value != values[0] for value in values):
            table.add_row(key, *map(str, values))
    return table


def _scored(runs: Sequence[Compared]) -> list[tuple[str, str, str]]:
    found = (
        (stage, split, metric)
        for run in runs
        for stage, splits in run.scores.items()
        for split, scores in splits.items()
        for metric in COMPARED
        if scores.get(metric) is not None
    )
    return list(dict.fromkeys(found))


def _difference(values: Sequence[float | None]) -> float | None:
    first, last = values[0], values[-1]
    return None if first is None or last is None else last - first


def _gain(values: Sequence[float | None]) -> str:
    gain = _difference(values)
    return ABSENT if gain is None else f"{100 * gain:+.1f}"
