"""Run a Map stage's batches: this rank's share, without what is done, with loading and writing beside the device."""

import multiprocessing
import os
import signal
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar, runtime_checkable

import torch

from wsss.data.index import Record
from wsss.engine.log import logger
from wsss.engine.processes import end_with_parent, world
from wsss.engine.progress import bar
from wsss.engine.stage import Job, Runtime
from wsss.signals import SIGNALS
from wsss.store.files import is_whole, item_name

AHEAD: Final = 2
"""Batches that are being loaded while one is worked on, and that may wait to be written."""

Batch = tuple[Record, ...]
Loaded = TypeVar("Loaded")
Result = TypeVar("Result")


class ItemWorker(ABC, Generic[Loaded, Result]):
    """The three steps of an image through a Map stage."""

    @abstractmethod
    def load(self, record: Record) -> Loaded:
        """Read what the image needs; called on loader threads."""

    @abstractmethod
    def compute(self, batch: Sequence[Loaded]) -> Sequence[Result]:
        """Work on a batch, on the device."""

    @abstractmethod
    def write(self, path: Path, result: Result) -> None:
        """Write one image's item; called on writer threads."""


@runtime_checkable
class Opens(Protocol):
    """What of a Map stage is needed to run it."""

    suffix: ClassVar[str]

    @property
    def processes(self) -> bool:
        """Whether it is spread over processes of the CPU."""
        ...

    @property
    def runtime(self) -> Runtime:
        """How it is run."""
        ...

    def open(self, job: Job, device: torch.device) -> ItemWorker[Any, Any]:
        """Load what all images need."""
        ...


def run(stage: Opens, job: Job, batches: Sequence[Batch]) -> int:
    """Make what is missing of this rank's batches and return how many items that were.

    Batches are dealt out before those that are done are dropped: the other order would deal them differently after an
    interruption. A batch of which a part is missing is computed as a whole, so that its bytes do not depend on it.
    """
    job.artifact.items.mkdir(parents=True, exist_ok=True)
    here = world()
    mine = batches[here.rank :: here.size]
    done = whole_items(job.artifact.items, {item_name(r.id, stage.suffix) for batch in mine for r in batch})
    missing = [batch for batch in mine if any(item_name(r.id, stage.suffix) not in done for r in batch)]
    total = sum(map(len, mine))
    todo = sum(map(len, missing))
    work = _in_processes if stage.processes else _beside_device
    with bar(job.artifact.stage, total=total, unit="images", done=total - todo) as advance:
        for count in work(stage, job, missing):
            advance(count)
    return todo


def whole_items(folder: Path, names: set[str]) -> set[str]:
    """Return which items are there; one that is torn, as a machine that lost its power leaves it, is removed."""
    there = {entry.name for entry in os.scandir(folder)} & names
    torn = {name for name in there if not is_whole(folder / name)}
    for name in sorted(torn):
        logger.warning("%s is torn: it is made again", folder / name)
        (folder / name).unlink()
    return there - torn


def _workers(stage: Opens) -> int:
    """Return how many share the work: all cores where it is not given, and this one alone where none are wanted."""
    given = stage.runtime.workers
    return world().cores if given is None else max(1, given)


def _beside_device(stage: Opens, job: Job, batches: Sequence[Batch]) -> Iterator[int]:
    worker = stage.open(job, stage.runtime.torch_device())
    threads = min(8, _workers(stage))
    with ThreadPoolExecutor(threads) as readers, ThreadPoolExecutor(threads) as writers:
        writing: deque[list[Future[None]]] = deque()
        for batch, loaded in _loaded_ahead(worker, batches, readers):
            results = worker.compute(loaded)
            writing.append([_submit(writers, worker, stage, job, r, x) for r, x in zip(batch, results, strict=True)])
            if len(writing) > AHEAD:
                yield _finish(writing.popleft())
        while writing:
            yield _finish(writing.popleft())


def _loaded_ahead(
    worker: ItemWorker[Any, Any], batches: Sequence[Batch], readers: ThreadPoolExecutor
) -> Iterator[tuple[Batch, list[Any]]]:
    loading: deque[tuple[Batch, list[Future[Any]]]] = deque()
    for batch in batches:
        loading.append((batch, [readers.submit(worker.load, record) for record in batch]))
        if len(loading) > AHEAD:
            first, futures = loading.popleft()
            yield first, [future.result() for future in futures]
    for first, futures in loading:
        yield first, [future.result() for future in futures]


def _submit(
    writers: ThreadPoolExecutor, worker: ItemWorker[Any, Any], stage: Opens, job: Job, record: Record, result: Any
) -> Future[None]:
    return writers.submit(worker.write, job.artifact.items / item_name(record.id, stage.suffix), result)


def _finish(futures: Iterable[Future[None]]) -> int:
    return len([future.result() for future in futures])


# A child process holds the worker that it opened: opening may load a network, and is done once.
_child: tuple[Opens, Job, ItemWorker[Any, Any]] | None = None


def _open_in_child(stage: Opens, job: Job) -> None:
    global _child  # noqa: PLW0603
    end_with_parent()
    # Ctrl-C and SLURM's signals reach every process: the parent decides. SIGTERM is what a broken pool sends itself.
    for number in {*SIGNALS} - {signal.SIGTERM}:
        signal.signal(number, signal.SIG_IGN)
    torch.set_num_threads(1)
    _child = stage, job, stage.open(job, torch.device("cpu"))


def _batch_in_child(batch: Batch) -> int:
    assert _child is not None
    return _make(batch, *_child)


def _make(batch: Batch, stage: Opens, job: Job, worker: ItemWorker[Any, Any]) -> int:
    results = worker.compute([worker.load(record) for record in batch])
    for record, result in zip(batch, results, strict=True):
        worker.write(job.artifact.items / item_name(record.id, stage.suffix), result)
    return len(batch)


def _in_processes(stage: Opens, job: Job, batches: Sequence[Batch]) -> Iterator[int]:
    if not batches:
        return
    processes = min(_workers(stage), len(batches))
    if processes == 1:
        yield from _in_this_process(stage, job, batches)
        return
    # A fork of this process, whose OpenMP pool may be running, could hang: a server without one is forked, and it
    # imports once for all.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([type(stage).__module__])
    with ProcessPoolExecutor(processes, context, initializer=_open_in_child, initargs=(stage, job)) as pool:
        yield from pool.map(_batch_in_child, batches)


def _in_this_process(stage: Opens, job: Job, batches: Sequence[Batch]) -> Iterator[int]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a child: last bits of a result may depend on it
    try:
        worker = stage.open(job, torch.device("cpu"))
        for batch in batches:
            yield _make(batch, stage, job, worker)
    finally:
        torch.set_num_threads(threads)
