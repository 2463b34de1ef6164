"""Run a Map stage's batches: this rank's share, without what is done, with reading and writing beside the device."""

import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, final

import torch

from wsss.data.index import Record
from wsss.engine.barrier import any_worker
from wsss.engine.batch import Batch, Compute, Loaded, Read, Records
from wsss.engine.finishing import finishing
from wsss.engine.log import logger
from wsss.engine.pool import begin_in_child, process_pool
from wsss.engine.processes import world
from wsss.engine.progress import bar
from wsss.signals import Ended, postponed
from wsss.store.items import Items, Writer

AHEAD: Final = 2
"""Batches that are being read while one is worked on, and that may wait to be written."""


@final
@dataclass(frozen=True, kw_only=True)
class Work:
    """What makes the items of an artifact. Its functions are called once in every process that shares the work."""

    title: str
    """Of the bar."""
    folder: Path
    """Of the artifact."""
    reader: Callable[[], Read]
    open: Callable[[torch.device], Compute]
    items: Items
    device: torch.device
    processes: bool
    """Whether it is spread over processes of the CPU, each with one thread."""
    workers: int
    """How many share the work: those processes, or threads that read and write beside the device."""
    module: str
    """What such a process imports first."""


class Hands:
    """What a process opens once to make the batches of others, who may ask for several at once: one is computed."""

    def __init__(self, work: Work, device: torch.device, *, threads: int = 1) -> None:
        """Open the work on a device; images are read, and items written, by so many threads where it is not one."""
        self._writer = work.items.writer()
        self._read, self._compute = work.reader(), work.open(device)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._turn = threading.Lock()

    def make(self, records: Records) -> int:
        """Make a batch as a whole, and return how many items it has."""
        each = map if self._pool is None else self._pool.map
        batch = Batch.of(records, list(each(self._read, records)))
        with self._turn:
            results = self._compute(batch)
        count = len(list(each(partial(_write, self._writer), records, results)))
        self._writer.commit()
        return count


Elsewhere = Callable[[Work, Sequence[Records]], Generator[int]]
"""Makes batches in processes that this one does not start itself, and yields how many items were made."""


def run(work: Work, batches: Sequence[Records], *, elsewhere: Elsewhere | None = None) -> int:
    """Make what is missing of this rank's batches and return how many items that were.

    Batches are dealt out before those that are done are dropped: the other order would deal them differently after an
    interruption. A batch of which a part is missing is computed as a whole, so that its bytes do not depend on it.
    Raises `Ended` after a first Ctrl-C, when all workers have finished the batches at hand.
    """
    work.items.folder.mkdir(parents=True, exist_ok=True)
    here, mine = world(), share(batches)
    done = _done(work.items, [record for batch in mine for record in batch])
    missing = [batch for batch in mine if not done.issuperset(batch)]
    total = sum(map(len, mine))
    todo = sum(map(len, missing))
    make = elsewhere or (_in_processes if work.processes else _beside_device)
    stopped, sealer = False, work.items.sealer(batches)
    shown = bar(work.title, total=total, unit="images", done=total - todo)
    with finishing(work.folder) as asked, shown as advance, closing(make(work, missing)) as counts:
        for count in counts:
            advance(count)
            sealer.made(count)
            if stopped := asked():
                break
    if any_worker(mine=stopped):
        raise Ended(signal.SIGINT)
    if here.rank == 0:
        sealer.close()
    return todo


def share(batches: Sequence[Records]) -> Sequence[Records]:
    """Return the batches that this process is to make, of all."""
    here = world()
    return batches[here.rank :: here.size]


def _done(items: Items, records: Iterable[Record]) -> set[Record]:
    done, torn = items.keep_whole(records)
    for path in torn:
        logger.warning("%s is torn: it is made again", path)
    return done


def _beside_device(work: Work, batches: Sequence[Records]) -> Generator[int]:
    compute = work.open(work.device)
    threads = min(8, work.workers)
    with (
        work.items.writer() as writer,  # it commits when all threads have written
        ThreadPoolExecutor(threads) as readers,
        ThreadPoolExecutor(threads) as writers,
    ):
        writing: deque[list[Future[None]]] = deque()

        def finish() -> int:
            count = len([future.result() for future in writing.popleft()])
            writer.commit()
            return count

        for batch in _read_ahead(work.reader(), batches, readers):
            results = zip(batch.records, compute(batch), strict=True)
            writing.append([writers.submit(_write, writer, record, result) for record, result in results])
            yield finish() if len(writing) > AHEAD else 0
        while writing:
            yield finish()


def _read_ahead(read: Read, batches: Sequence[Records], readers: ThreadPoolExecutor) -> Iterator[Batch]:
    reading: deque[tuple[Records, list[Future[Loaded]]]] = deque()
    for batch in batches:
        reading.append((batch, [readers.submit(read, record) for record in batch]))
        if len(reading) > AHEAD:
            yield _gathered(*reading.popleft())
    for first, futures in reading:
        yield _gathered(first, futures)


def _gathered(records: Records, futures: Iterable[Future[Loaded]]) -> Batch:
    return Batch.of(records, [future.result() for future in futures])


def _write(writer: Writer, record: Record, result: Any) -> None:
    writer.write(record, result() if callable(result) else result)


# A child process holds what it opened: opening may load a network, and is done once.
_child: Hands | None = None


def _open_in_child(work: Work) -> None:
    global _child  # noqa: PLW0603
    begin_in_child()
    _child = Hands(work, torch.device("cpu"))


def _batch_in_child(batch: Records) -> int:
    assert _child is not None
    return _child.make(batch)


def _in_processes(work: Work, batches: Sequence[Records]) -> Generator[int]:
    if not batches:
        return
    processes = min(work.workers, len(batches))
    if processes == 1:
        yield from _in_this_process(work, batches)
        return
    with process_pool(processes, module=work.module, initializer=_open_in_child, initargs=(work,)) as pool:
        with postponed():  # the first batch starts the processes
            counts = pool.map(_batch_in_child, batches)
        yield from counts


def _in_this_process(work: Work, batches: Sequence[Records]) -> Iterator[int]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a child: last bits of a result may depend on it
    try:
        hands = Hands(work, torch.device("cpu"))
        yield from map(hands.make, batches)
    finally:
        torch.set_num_threads(threads)
