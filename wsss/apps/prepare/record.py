"""`prepared.json`: which benchmarks a folder holds, where their archives came from, and what was counted."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from wsss.apps.prepare.benchmark import Benchmark, hash_of
from wsss.apps.prepare.derive import read_ids
from wsss.store.texts import read_json, write_json
from wsss.version import __version__

RECORD: Final = "prepared.json"
REMEDY: Final = "delete it, and prepare the benchmark again"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """How one benchmark came about."""

    wsss: str
    created: str
    archives: dict[str, str]
    """The source of each archive, by its name; `there before` where nothing was unpacked."""
    digests: dict[str, str]
    """The hash of each archive, which was checked before it was unpacked."""
    counts: dict[str, int]


def recorded(home: Path) -> dict[str, Prepared]:
    """Return what a folder holds by its record; nothing without one. Raises `StoreError` for another file."""
    path = home / RECORD
    return read_json(path, dict[str, Prepared], remedy=REMEDY) if path.exists() else {}


def record(benchmark: Benchmark, home: Path, *, sources: dict[str, str]) -> None:
    """Note that a benchmark is complete."""
    made = Prepared(
        wsss=__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        archives=sources,
        digests={each.name: each.digest for each in benchmark.archives},
        counts=counted(benchmark, home),
    )
    every = {**recorded(home), benchmark.name: made}
    write_json(home / RECORD, {name: asdict(each) for name, each in every.items()})


def counted(benchmark: Benchmark, home: Path) -> dict[str, int]:
    """Return how many files the folders of a benchmark hold, without hidden ones; none where there is no folder."""
    return {name: _count(home / name) for name in benchmark.counts}


def lacking(benchmark: Benchmark, home: Path) -> dict[str, str]:
    """Return what a folder lacks of a benchmark, in words by its place; none where it is complete."""
    counts = counted(benchmark, home)
    folders = {
        name: f"{name} has {counts[name]:,} files, and {right:,} are right"
        for name, right in benchmark.counts.items()
        if counts[name] != right
    }
    lists = {
        name: f"{name} is not there, or is another list"
        for name, right in benchmark.lists.items()
        if not (home / name).is_file() or hash_of(read_ids(home / name)) != right
    }
    places = [place for each in benchmark.archives for place in each.products]
    gone = {place: f"{place or home} is not there" for place in places if not is_there(home / place)}
    return {**gone, **folders, **lists}


def is_there(path: Path) -> bool:
    """Whether a file or a folder that holds something is there."""
    return any(path.iterdir()) if path.is_dir() else path.exists()


def _count(folder: Path) -> int:
    return sum(not path.name.startswith(".") for path in folder.iterdir()) if folder.is_dir() else 0
