"""The screen of a run: its plan, the versions of what it reuses, its scores and where the report is."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.box import SIMPLE
from rich.table import Table

from wsss.data.class_notes import FEW, NAMED
from wsss.draw.numbers import duration, file_size
from wsss.engine.progress import console
from wsss.models.weights.downloads import Download
from wsss.run.names import REPORT
from wsss.run.scores import Scores, score_table
from wsss.store.manifest import Manifest
from wsss.store.store import State
from wsss.store.versions import other_versions

WIDE: Final = 120
"""Columns of a screen on which a plan also shows what reads what."""


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """A rough guide to the time and disk that a stage takes, since options and machines may differ."""

    seconds: float
    size: float
    """Bytes on disk."""
    like: int
    """Number of earlier artifacts of which this is the median; 0: measured now."""
    memory: int | None = None
    """Bytes that a process, or a GPU, held at most; None where that is not known."""
    same_kind: bool = True
    """Whether those were made by the same methods and networks, if with other options."""

    @property
    def words(self) -> str:
        """Where it is known from, as a plan shows it."""
        if self.like == 0:
            return "measured"
        return f"{self.like} earlier" if self.same_kind else f"{self.like} unlike"


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a machine has for a run."""

    cores: int
    memory: int | None
    """Bytes; None where nobody counts."""
    disk: int
    """Bytes that are free where the store lies."""
    store: Path


@dataclass(frozen=True, kw_only=True)
class Row:
    """One stage of a plan, as it is shown."""

    stage: str
    fingerprint: str
    state: State
    reads: tuple[str, ...]
    """Names of the stages that it reads, each once."""
    expected: Expectation | None = None


def show_plan(rows: Sequence[Row]) -> None:
    """Print what would run, and what that takes as far as it is known; on a wide screen, also what reads what."""
    table = Table(title="plan", title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    for name in ("stage", "fingerprint", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("time", "disk"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("like", "memory", "reads") if console.width >= WIDE else ("like",):
        table.add_column(name)
    for row in rows:
        time, disk, memory = _costs([row.expected] if row.expected else [])
        like = row.expected.words if row.expected else ""
        cells = (row.stage, row.fingerprint, row.state, time, disk, like, memory, ", ".join(row.reads))
        table.add_row(*cells[: len(table.columns)])
    if expected := [row.expected for row in rows if row.expected]:
        unknown = sum(row.state != "cached" for row in rows) - len(expected)
        table.add_section()
        time, disk, memory = _costs(expected)
        totals = ("total", "", "", time, disk, f"{unknown} not known" if unknown else "", memory)
        table.add_row(*totals[: len(table.columns)])
    console.print(table)


def show_versions(manifests: Iterable[Manifest]) -> None:
    """Say so in one line where what is reused was made by other versions of packages than those installed."""
    if note := other_versions(manifest.versions for manifest in manifests):
        console.print(note, soft_wrap=True)


def show_unread(names: Iterable[str]) -> None:
    """Say of each stage that is made for others that no other reads it."""
    show_notes(
        f"no stage reads {name}, which changes no mask: leave it out (pipeline.{name}=null), "
        f"or let one read it (pipeline.STAGE.reads.ROLE={name})"
        for name in names
    )


def show_notes(notes: Iterable[str]) -> None:
    """Print what else is to be known before a run begins, a line each."""
    for each in notes:
        console.print(f"note: {each}", soft_wrap=True)


def show_stage(name: str, *, number: int, count: int, expected: Sequence[Expectation | None]) -> None:
    """Print which of the stages that are to be made begins, and how long they may take yet, where that is known.

    `expected` are those of this stage and of all that follow.
    """
    known = [each.seconds for each in expected if each is not None]
    left = f", about {duration(sum(known))} left" if len(known) == len(expected) else ""
    console.print(f"stage {number} of {count}: {name}{left}")


def show_room(room: Room, expected: Iterable[Expectation]) -> None:
    """Print the memory and disk that a plan takes, as far as it is known, and what this machine has of them."""
    *_, disk, memory = _costs(list(expected))
    takes = " and ".join(part for part in (memory and f"{memory} of memory", disk and f"{disk} of disk") if part)
    owns = f"{file_size(room.memory)} of memory, " if room.memory else ""
    has = f"this machine has {room.cores} cores, {owns}and {file_size(room.disk)} free for {room.store}"
    console.print(f"takes {takes}; {has}" if takes else has)


def show_data(images: Mapping[str, int], classes: Mapping[str, int], *, notes: Sequence[str] = ()) -> None:
    """Print how many images and classes there are, which classes have few images, and what else is to be known."""
    splits = ", ".join(f"{count} for {split}" for split, count in images.items())
    few = sorted((count, name) for name, count in classes.items() if count < FEW)
    rare = ", ".join(f"{name} {count}" for count, name in few[:NAMED]) + (", ..." if len(few) > NAMED else "")
    note = f"; fewer than {FEW} images show {rare}" if few else ""
    console.print(f"images: {splits}; classes: {len(classes)}{note}")
    show_notes(notes)


def show_downloads(downloads: Iterable[Download]) -> None:
    """Print which weights a run downloads, unless they were before."""
    for each in downloads:
        licence = f", licence {each.licence}" if each.licence else ", whose licence timm does not note"
        words = f"{file_size(each.size)}{licence}, unless it was downloaded before"
        console.print(f"downloads {each.name}: {each.source}, about {words}", soft_wrap=True)


def show_cached(count: int) -> None:
    """Say that every stage of a run is there."""
    console.print(f"nothing to do: all {count} stages are cached")


def show_outcome(folder: Path, scores: Scores, *, said: str = "") -> None:
    """Print the scores of a finished run, what its logger said, and, last, where the report is."""
    if scores:
        console.print(score_table(scores))
    if said:
        console.print(said)
    page = folder / REPORT
    console.print(str((page if page.exists() else folder).absolute()))


def _costs(expected: Collection[Expectation]) -> tuple[str, str, str]:
    """Return time, disk and the most memory in words, nothing where nothing is known."""
    if not expected:
        return "", "", ""
    seconds, size = sum(each.seconds for each in expected), sum(each.size for each in expected)
    memory = max((each.memory for each in expected if each.memory is not None), default=None)
    return duration(seconds), file_size(round(size)), "" if memory is None else file_size(memory)
