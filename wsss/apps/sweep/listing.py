"""A sweep as it stands on disk: the state of every stage of every run, whoever makes it, and what is at work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import sleep
from typing import Final, Literal

from rich.console import Group, RenderableType
from rich.live import Live
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from wsss.apps.sweep.combinations import Words
from wsss.apps.sweep.making import is_held
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.sweep_folder import SweepFolder, names_of_sweeps
from wsss.draw.numbers import duration
from wsss.engine.progress import console
from wsss.errors import StoreError, one_of
from wsss.run.names import RECORD
from wsss.run.run_file import RunFile
from wsss.store.store import Artifact

EVERY: Final = 2.0
"""Seconds between two looks."""
WIDEST: Final = 10_000
"""Letters of a line; no grid is wider."""
Word = Literal["done", "runs", "failed", "waits", "?"]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A stage of a run: its state in a word, and its artifact; `?` where the run is not planned yet."""

    artifact: Artifact
    word: Word
    node: NodeFolder


@dataclass(frozen=True, kw_only=True)
class Row:
    """A run: its number, the words in which it differs from others, and its stages by name."""

    number: str
    words: Words
    cells: dict[str, Cell]


def rows_of(folder: SweepFolder) -> list[Row]:
    """Read a sweep; raises `StoreError` where there is none of its name."""
    if folder.path.name not in names_of_sweeps():
        there = names_of_sweeps()
        known = f"there are {one_of(there)}" if there else "there is none here yet"
        raise StoreError(f"{folder.path}: there is no sweep of this name; {known}")
    runs = folder.asked().runs
    shared = set.intersection(*(set(words) for words in runs.values())) if len(runs) > 1 else set()
    return [
        Row(
            number=number,
            words=tuple(word for word in words if word not in shared),
            cells=_cells(folder, number),
        )
        for number, words in runs.items()
    ]


def _cells(folder: SweepFolder, number: str) -> dict[str, Cell]:
    path = folder.path / number
    if not (path / RECORD).exists():
        return {}
    run = RunFile.read(path)
    cells = {}
    for stage, fingerprint in run.stages.items():
        artifact = run.store.artifact(stage, fingerprint)
        node = NodeFolder.of(folder.path, stage=stage, fingerprint=fingerprint)
        cells[stage] = Cell(artifact=artifact, word=_word(artifact, node), node=node)
    return cells


def _word(artifact: Artifact, node: NodeFolder) -> Word:
    if artifact.state() == "cached":
        return "done"
    if is_held(artifact):
        return "runs"
    return "failed" if node.failure() is not None else "waits"


def shown(rows: Sequence[Row], *, width: int) -> RenderableType:
    """Return the grid of runs and stages, and below it a line for each stage that is at work or failed.

    A screen that is too narrow for the grid, of `width` letters, gets one column in the place of those of all stages.
    """
    table = _grid(rows)
    if Measurement.get(console, console.options.update(max_width=WIDEST), table).maximum > width:
        table = _column(rows)
    every = {(c.artifact.stage, c.artifact.fingerprint): c for row in rows for c in row.cells.values()}
    lines = [Text(line) for cell in every.values() if (line := _line(cell))]
    done = sum(cell.word == "done" for cell in every.values())
    ended = sum(bool(row.cells) and all(c.word == "done" for c in row.cells.values()) for row in rows)
    lines.append(Text(f"{done} of {len(every)} stages and {ended} of {len(rows)} runs are done"))
    return Group(table, *lines)


def _grid(rows: Sequence[Row]) -> Table:
    stages = list(dict.fromkeys(stage for row in rows for stage in row.cells))
    table = Table("run", *(stage.replace("_", "\n") for stage in stages), "options")
    for row in rows:
        cells = (_short(row.cells[stage]) if stage in row.cells else Text("") for stage in stages)
        table.add_row(row.number, *cells, " ".join(row.words))
    return table


def _column(rows: Sequence[Row]) -> Table:
    table = Table("run", "done", "now", "options")
    for row in rows:
        words = [cell.word for cell in row.cells.values()]
        now = (Text(f"{stage} ") + _short(cell) for stage, cell in row.cells.items() if cell.word in {"runs", "failed"})
        done = f"{words.count('done')} of {len(words)}" if words else "?"
        table.add_row(row.number, done, Text("\n").join(now), " ".join(row.words))
    return table


def _short(cell: Cell) -> Text:
    progress = cell.node.progress() if cell.word == "runs" else None
    if progress is not None and progress.total:
        return Text(f"{progress.done / progress.total:.0%}")
    return Text(cell.word, style={"failed": "red", "done": "green"}.get(cell.word, ""))


def _line(cell: Cell) -> str | None:
    title = f"{cell.artifact.stage} {cell.artifact.fingerprint}"
    if cell.word == "failed":
        return f"{title}: failed: {cell.node.failure()}"
    if cell.word != "runs":
        return None
    place, progress = cell.node.where(), cell.node.progress()
    parts = [] if place is None else [f"on {place.host}, {place.device}"]
    if progress is not None:
        parts.append(f"{progress.done:.0f} of {progress.total:.0f}" if progress.total else f"{progress.done:.0f}")
        parts += [progress.rate] if progress.rate else []
        parts += [f"{duration(progress.left)} left"] if progress.left is not None else []
    return f"{title}: {', '.join(parts) or 'at work'}"


def list_sweep(name: str, *, watch: bool = False) -> None:
    """Print a sweep; with `watch` again and again, until nothing is left to do or a Ctrl-C ends it."""
    folder = SweepFolder.named(name)
    if not watch:
        console.print(shown(rows_of(folder), width=console.width))
        return
    watched(lambda: rows_of(folder))


def watched(rows: Callable[[], Sequence[Row]]) -> None:
    """Show rows until all are done."""
    now = rows()
    with Live(shown(now, width=console.width), console=console, auto_refresh=False) as live:
        while not all(row.cells and all(cell.word == "done" for cell in row.cells.values()) for row in now):
            sleep(EVERY)
            now = rows()
            live.update(shown(now, width=console.width), refresh=True)
