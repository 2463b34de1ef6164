"""A plan of what a benchmark needs, before anything is loaded: bytes, disk, sources, licence, what is in the way."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from wsss.apps.prepare.benchmark import Archive, Benchmark
from wsss.apps.prepare.download import PART
from wsss.apps.prepare.record import is_there, lacking, recorded
from wsss.errors import DataError

THERE_BEFORE: Final = "there before"


@dataclass(frozen=True, kw_only=True)
class Need:
    """An archive that is to be unpacked."""

    archive: Archive
    file: Path | None
    """Where it lies; None where it is to be loaded."""
    loaded: int = 0
    """Bytes that an earlier call loaded."""

    @property
    def to_load(self) -> int:
        """Bytes that are still to be loaded."""
        return 0 if self.file is not None else self.archive.size - self.loaded


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done for a benchmark."""

    benchmark: Benchmark
    data: Path
    """The folder of all data."""
    state: Literal["prepared", "complete", "open"]
    """`complete`: everything is there, and only the record is missing."""
    needs: tuple[Need, ...] = ()
    keep: bool = False
    """Whether archives that are loaded are kept."""

    @property
    def home(self) -> Path:
        """The benchmark's folder."""
        return self.benchmark.home(self.data)

    @property
    def to_load(self) -> int:
        """Bytes to load."""
        return sum(need.to_load for need in self.needs)

    @property
    def disk(self) -> int:
        """Bytes of the disk that are taken at the most, while archives and what they hold lie side by side."""
        taken, most = 0, 0
        for need in self.needs:
            taken += need.to_load
            most = max(most, taken + need.archive.unpacked)
            taken += need.archive.unpacked
            taken -= need.archive.size if need.file is None and not self.keep else 0
        return max(most, taken + self.benchmark.made) if self.needs else 0

    @property
    def free(self) -> int:
        """Bytes that are free where the data go."""
        there = next(path for path in (self.data.absolute(), *self.data.absolute().parents) if path.exists())
        return shutil.disk_usage(there).free

    def refuse_small_disk(self) -> None:
        """Raise a `DataError` where the disk does not suffice."""
        if self.disk > (free := self.free):
            room = f"{in_gb(self.disk)} of disk are needed in {self.data.absolute()}, and {in_gb(free)} are free"
            raise DataError(f"{self.benchmark.name}: {room}: free some space, or name another folder")


def planned(benchmark: Benchmark, data: Path, *, given: Sequence[Path] = (), keep: bool = False) -> Plan:
    """Return what is to be done for a benchmark.

    Args:
        benchmark: The benchmark.
        data: The folder of all data.
        given: Archives that a person loaded.
        keep: Whether archives that are loaded are kept.

    Raises:
        DataError: A given file is none of the archives, something incomplete is in the way, or what it is derived from
            is not there.
    """
    home = benchmark.home(data)
    files = _matched(benchmark, given)
    missing = lacking(benchmark, home)
    if not missing:
        state: Literal["prepared", "complete"] = "prepared" if benchmark.name in recorded(home) else "complete"
        return Plan(benchmark=benchmark, data=data, state=state)
    _refuse_what_is_in_the_way(benchmark, home)
    needs = tuple(
        _need(each, files.get(each.name), data)
        for each in benchmark.archives
        if not each.products or not all(is_there(home / place) for place in each.products)
    )
    return Plan(benchmark=benchmark, data=data, state="open", needs=needs, keep=keep)


def plan_text(plan: Plan, *, mirrors: Sequence[str] = ()) -> Iterator[str]:
    """Yield the plan in lines."""
    benchmark = plan.benchmark
    yield f"{benchmark.name}: {benchmark.title}, in {plan.home.absolute()}"
    if plan.state == "prepared":
        yield "it is prepared already; nothing is to be done"
        return
    if plan.state == "complete":
        yield "all of it is there already, and is noted in prepared.json"
        return
    for need in plan.needs:
        size = f"{need.archive.name}, {in_gb(need.archive.size)}"
        if need.file is not None:
            yield f"  {size}: from {need.file}"
        else:
            rest = f", of which {in_gb(need.loaded)} are there" if need.loaded else ""
            yield f"  {size}{rest}: from {', else '.join(sources_of(need.archive, mirrors))}"
    yield f"to load: {in_gb(plan.to_load)}; disk needed: {in_gb(plan.disk)}, free: {in_gb(plan.free)}"
    yield benchmark.licence


def sources_of(archive: Archive, mirrors: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses of an archive, those of a person's own mirrors first."""
    return (*(f"{each.rstrip('/')}/{archive.name}" for each in mirrors), *archive.sources)


def in_gb(size: int) -> str:
    """Return a number of bytes as it is told.

    >>> in_gb(1_999_639_040), in_gb(252_872_794)
    ('2.0 GB', '253 MB')
    """
    if size < 1e6:
        return f"{size:,} bytes"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _need(archive: Archive, given: Path | None, data: Path) -> Need:
    there = data / archive.name
    part = data / f"{archive.name}{PART}"
    if given is None and there.is_file() and there.stat().st_size == archive.size:
        given = there
    return Need(archive=archive, file=given, loaded=min(part.stat().st_size, archive.size) if part.is_file() else 0)


def _unit_of(place: str, benchmark: Benchmark, home: Path) -> Path:
    """Return what a place is renamed with: the folder of an archive that holds it, or itself."""
    folders = [each for archive in benchmark.archives for each in archive.products]
    return next((home / each for each in folders if each in ("", place) or place.startswith(f"{each}/")), home / place)


def _matched(benchmark: Benchmark, given: Sequence[Path]) -> dict[str, Path]:
    """Return given files by their archive, which their size tells: browsers change names."""
    files = {}
    for path in given:
        if not path.is_file():
            raise DataError(f"--from: {path} is not a file")
        size = path.stat().st_size
        fitting = [each for each in benchmark.archives if each.size == size]
        if not fitting:
            known = ", ".join(f"{each.name} of {each.size:,}" for each in benchmark.archives)
            raise DataError(f"--from: {path} has {size:,} bytes, as none of {known}: load it again")
        files[fitting[0].name] = path
    return files


def _refuse_what_is_in_the_way(benchmark: Benchmark, home: Path) -> None:
    if benchmark.derived == "train_aug" and not (home / "JPEGImages").is_dir():
        raise DataError(f"{benchmark.name} belongs into {home}, which is not there: prepare voc12 first")
    strange = [why for place, why in lacking(benchmark, home).items() if is_there(_unit_of(place, benchmark, home))]
    if strange:
        remedy = "move it away, and prepare the benchmark again"
        raise DataError(f"{home} holds something else than {benchmark.name}: {'; '.join(strange)}: {remedy}")
