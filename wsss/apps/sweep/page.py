"""`sweep.html`: what a sweep reached, over random seeds, by option and by run."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Final

from markupsafe import Markup

from wsss.apps import compare
from wsss.apps.compare.differences import EXPLAINED, group_estimates
from wsss.apps.compare.groups import Group
from wsss.apps.compare.tables import spread
from wsss.apps.sweep.combinations import Words
from wsss.apps.sweep.listing import rows_of
from wsss.apps.sweep.sweep_folder import SweepFolder
from wsss.draw.choices import choice_chart
from wsss.draw.numbers import ABSENT, ORACLE, percent, score_text, unit_of
from wsss.draw.page import environment
from wsss.draw.tables import Table
from wsss.errors import DataError, StoreError
from wsss.run.names import REPORT, SCORES
from wsss.run.objective import is_oracle, rises
from wsss.run.scores import value_of
from wsss.store.schema import ScoreTable
from wsss.store.texts import read_json, write_text

PAGE: Final = "sweep.html"
TEMPLATE: Final = "sweep.html.j2"
SEED: Final = "random_seed"


@dataclass(frozen=True, kw_only=True)
class SweepRun:
    """A run of the page: its number, the words in which it differs from others, and its value of the objective."""

    number: str
    words: Words
    value: float | None
    score: str
    """Its value in words: per cent, but for evidence."""
    folder: Path

    @property
    def options(self) -> str:
        """Its words as a line."""
        return " ".join(self.words)

    @property
    def group(self) -> str:
        """The words that it shares with runs of other random seeds."""
        return " ".join(word for word in self.words if not word.startswith(f"{SEED}=")) or "all"

    @property
    def report(self) -> str:
        """Where its report lies, seen from the page; empty where there is none."""
        return f"{self.number}/{REPORT}" if (self.folder / REPORT).exists() else ""


@dataclass(frozen=True, kw_only=True)
class SweepPage:
    """All that the page shows."""

    name: str
    command: str
    created: datetime
    verdict: str
    objective: str
    runs: tuple[SweepRun, ...]
    tables: tuple[Table, ...]
    charts: tuple[Markup, ...]
    failures: tuple[str, ...]
    notes: tuple[str, ...]


def write_page(folder: SweepFolder, *, notes: Sequence[str] = ()) -> Path:
    """Write the page of a sweep as it stands, and return where."""
    page = page_of(folder, notes=notes)
    path = folder.path / PAGE
    write_text(path, environment().get_template(TEMPLATE).render(page=page))
    return path


def page_of(folder: SweepFolder, *, notes: Sequence[str] = ()) -> SweepPage:
    """Read the runs of a sweep, finished or not."""
    rows = rows_of(folder)
    objective = objective_of(folder)
    values = {row.number: _value(folder.path / row.number, objective) for row in rows}
    runs = tuple(
        SweepRun(
            number=row.number,
            words=row.words,
            value=values[row.number],
            score=score_text(objective, values[row.number]),
            folder=folder.path / row.number,
        )
        for row in rows
    )
    failed = [(c, c.node.failure()) for row in rows for c in row.cells.values() if c.word == "failed"]
    lines = dict.fromkeys(f"{cell.artifact.stage} {cell.artifact.fingerprint}: {said}" for cell, said in failed)
    ended = sum(run.value is not None for run in runs)
    shown = f"{objective}, {ORACLE}" if _chosen_by_masks(folder, objective) else objective
    return SweepPage(
        name=folder.path.name,
        command=shlex.join(["wsss", "sweep", folder.path.name, *folder.asked().words]),
        created=datetime.now(UTC),
        verdict=f"{ended} of {len(runs)} runs have a score",
        objective=shown,
        runs=runs,
        tables=tuple(_tables(runs, objective)),
        charts=tuple(_charts(runs, objective=objective)),
        failures=tuple(lines),
        notes=tuple(notes),
    )


def objective_of(folder: SweepFolder) -> str:
    """Return the score that a sweep's page looks at: its objective, or else the last mIoU, or mAP, that there is."""
    words = folder.asked().words
    given = [word.partition("=")[2] for word in words if word.startswith("objective=")]
    if given:
        return given[-1]
    for number in folder.runs():
        scores = _scores(folder.path / str(number))
        named = [
            f"{stage}/{split}/{metric}"
            for metric in ("map", "miou")
            for stage, splits in scores.items()
            for split, found in splits.items()
            if found.get(metric) is not None
        ]
        if named:
            return named[-1]
    return "no score"


def _chosen_by_masks(folder: SweepFolder, objective: str) -> bool:
    return is_oracle(objective) and any(word.startswith("search=") for word in folder.asked().words)


def _scores(folder: Path) -> ScoreTable:
    return read_json(folder / SCORES, ScoreTable) if (folder / SCORES).exists() else {}


def _value(folder: Path, objective: str) -> float | None:
    scores = _scores(folder)
    if not scores or objective.count("/") != 2:
        return None
    try:
        return value_of(objective, scores)
    except DataError:
        return None


def _tables(runs: Sequence[SweepRun], objective: str) -> list[Table]:
    """Return a row for each group of random seeds, with an interval where images were scored."""
    parts: dict[str, list[SweepRun]] = {}
    for run in runs:
        if run.value is not None:
            parts.setdefault(run.group, []).append(run)
    if not parts:
        return []
    intervals = _intervals(parts, objective)
    values = {name: [run.value for run in part if run.value is not None] for name, part in parts.items()}
    best_first = sorted(values, key=lambda name: fmean(values[name]), reverse=rises(objective))
    write = partial(score_text, objective)
    rows = [
        (name, len(values[name]), spread(values[name], write=write), intervals.get(name, ABSENT)) for name in best_first
    ]
    columns = ("options", "runs", "mean ± deviation (range)", "95 % interval of the mean")
    note = EXPLAINED.partition(". Holm")[0] + "." if intervals else ""
    unit = ", per cent" if unit_of(objective) else ""
    return [Table(title=f"{objective}{unit}", columns=columns, rows=tuple(rows), note=note)]


def _intervals(parts: dict[str, list[SweepRun]], objective: str) -> dict[str, str]:
    stage, split, metric = objective.split("/")
    folders = [run.folder for part in parts.values() for run in part]
    if metric != "miou" or len(folders) < 2:
        return {}
    try:
        compared = compare.read_runs(folders)
        masks = [each for each in compare.scored_masks(compared) if each == (stage, split)]
        read = iter(compared)
        groups = [Group(name=name, runs=tuple(next(read) for _ in part)) for name, part in parts.items()]
        estimates = group_estimates(groups, masks[0]) if masks else []
    except StoreError:  # something was deleted or made anew since: the page tells what the runs' folders tell
        return {}
    return {name: f"{percent(each.low)} to {percent(each.high)}" for name, each in zip(parts, estimates, strict=False)}


def _charts(runs: Sequence[SweepRun], *, objective: str) -> list[Markup]:
    keys = dict.fromkeys(word.partition("=")[0] for run in runs for word in run.words)
    charts = []
    for key in keys:
        pairs = [
            (word.partition("=")[2], run.value)
            for run in runs
            for word in run.words
            if word.partition("=")[0] == key and run.value is not None
        ]
        if pairs:
            values, scores = zip(*pairs, strict=True)
            charts.append(choice_chart(values, scores, option=key, objective=objective))
    return charts
