"""Prepare a benchmark: load, check, unpack and derive; whatever gets its name is whole, and a second call goes on."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from wsss.apps.prepare.benchmark import Benchmark
from wsss.apps.prepare.derive import check_lists, derive_annotated, derive_train_aug
from wsss.apps.prepare.download import download, verify
from wsss.apps.prepare.plan import THERE_BEFORE, Need, Plan, planned, sources_of
from wsss.apps.prepare.record import lacking, record
from wsss.apps.prepare.unpack import unpack
from wsss.errors import DataError
from wsss.store.disk_errors import writing

MEGABYTE: Final = 1_000_000

Watch = Callable[[str, int, str], AbstractContextManager[Callable[[int], object]]]
"""Shows progress: opened with what is done, how much of it and its unit; what it gives is told of each step."""


def prepare(plan: Plan, *, watch: Watch, mirrors: Sequence[str] = ()) -> None:
    """Do what is planned.

    Archives are loaded into the folder of all data, unpacked into a hidden folder beside, and renamed when they are
    whole. Nothing that was there before is changed.

    Args:
        plan: What is to be done.
        watch: Shows progress.
        mirrors: Addresses of folders that hold the archives, tried first.

    Raises:
        DataError: The disk is too small, no source gives an archive, or it is not what papers use.
        StoreError: Nothing can be written.
    """
    if plan.state == "prepared":
        return
    benchmark, home = plan.benchmark, plan.home
    with writing(plan.data), _alone(plan):
        plan = planned(benchmark, plan.data, given=_given(plan), keep=plan.keep)  # another call may have been at work
        plan.refuse_small_disk()
        sources = {each.name: THERE_BEFORE for each in benchmark.archives}
        with _hidden(plan) as hidden:
            for need in plan.needs:
                sources[need.archive.name] = _put(need, plan, hidden, watch=watch, mirrors=mirrors)
            if plan.state == "open":
                _derive(benchmark, home, hidden, watch=watch)
        if strange := lacking(benchmark, home):
            raise DataError(
                f"{home} is not complete: {'; '.join(strange.values())}: move it away, and prepare it again"
            )
        record(benchmark, home, sources=sources)


def _put(need: Need, plan: Plan, hidden: Path, *, watch: Watch, mirrors: Sequence[str]) -> str:
    """Load and unpack an archive, and return where it came from."""
    archive = need.archive
    path, source = need.file, str(need.file)
    if path is None:
        with watch("load", archive.size // MEGABYTE, "MB") as advance:
            told = _in_megabytes(advance)
            told(need.loaded)
            found = sources_of(archive, mirrors)
            path, source = download(archive, plan.data, sources=found, advance=told)
    else:
        verify(archive, path)
    with watch("unpack", archive.unpacked // MEGABYTE, "MB") as advance:
        unpack(archive, path, hidden, advance=_in_megabytes(advance))
    for place, name in archive.products.items():
        _rename(hidden / name, plan.home / place)
    if need.file is None and not plan.keep:
        path.unlink()
    return source


def _derive(benchmark: Benchmark, home: Path, hidden: Path, *, watch: Watch) -> None:
    """Make lists and masks, and move them to their places when all of them are right."""
    made = hidden / "made"
    if benchmark.derived == "train_aug":
        with watch("masks", benchmark.counts["SegmentationClassAug"], "images") as advance:
            derive_train_aug(hidden, home, made, advance=advance)
    elif benchmark.derived == "annotated":
        with watch("lists", len(benchmark.lists), "lists") as advance:
            derive_annotated(home, made, advance=advance)
    check_lists(made, benchmark.lists)
    for name in benchmark.counts:
        if (made / name).is_dir():
            _rename(made / name, home / name)
    for name in benchmark.lists:
        _rename(made / name, home / name)


def _rename(made: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    made.rename(target)


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    """Refuse two calls that would load the same file at once."""
    plan.data.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(plan.data / f".{plan.benchmark.name}.lock", timeout=0):
            yield
    except Timeout as error:
        raise DataError(f"another `wsss data prepare {plan.benchmark.name}` is at work in {plan.data}") from error


@contextmanager
def _hidden(plan: Plan) -> Iterator[Path]:
    """Give a hidden folder on the disk of the data, empty, which is gone afterwards."""
    hidden = plan.data / f".{plan.benchmark.name}.preparing"
    shutil.rmtree(hidden, ignore_errors=True)  # of a call that was killed
    hidden.mkdir()
    try:
        yield hidden
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _given(plan: Plan) -> list[Path]:
    return [need.file for need in plan.needs if need.file is not None]


def _in_megabytes(advance: Callable[[int], object]) -> Callable[[int], None]:
    """Return what takes bytes and tells whole megabytes."""
    bytes_told = 0

    def told(count: int) -> None:
        nonlocal bytes_told
        before = bytes_told // MEGABYTE
        bytes_told += count
        advance(bytes_told // MEGABYTE - before)

    return told
