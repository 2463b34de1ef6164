"""Pools of processes of the CPU, each with one thread."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import BaseContext
from typing import Any, Final, TypeVar

import torch

from wsss.engine.processes import CORES, end_with_parent
from wsss.signals import SIGNALS, blocked, postponed

T = TypeVar("T")
Result = TypeVar("Result")
CHUNK: Final = 100
"""Items of one call: what goes to a process and comes back is small beside the work."""
LEAST: Final = 2_000
"""Items for which another process is worth its start, which takes seconds."""


def served(modules: Sequence[str]) -> BaseContext:
    """Return what starts processes that have imported `modules`.

    A fork of this process, whose OpenMP pool may be running, could hang: a server without one is forked, and it imports
    once for all. A Ctrl-C, which reaches it too, ends neither the import nor, with a traceback, the server. Windows can
    only start processes that import for themselves.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    resource_tracker.ensure_running()  # which unblocks Ctrl-C
    with blocked(signal.SIGINT):
        forkserver.ensure_running()
    return context


@contextmanager
def process_pool(
    processes: int, *, module: str, initializer: Callable[..., object], initargs: tuple[Any, ...]
) -> Iterator[ProcessPoolExecutor]:
    """Open a pool whose processes import `module` first; `initializer` should call `begin_in_child`."""
    pool = ProcessPoolExecutor(processes, served([module]), initializer=initializer, initargs=initargs)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)  # or Python 3.11.2 may wait for ever for what an error has cancelled


def begin_in_child() -> None:
    """Be a process of a pool: end with the one that started it, leave signals to that, and compute on one thread."""
    end_with_parent()
    # Ctrl-C and SLURM's signals reach every process: the parent decides. SIGTERM is what a broken pool sends itself.
    for number in {*SIGNALS} - {signal.SIGTERM}:
        signal.signal(number, signal.SIG_IGN)
    torch.set_num_threads(1)
    os.environ[CORES] = "1"


def in_chunks(
    work: Callable[[Sequence[T]], Result], items: Sequence[T], *, processes: int, module: str, least: int | None = None
) -> Iterator[tuple[int, Result]]:
    """Yield the number of items and `work(items)` for one piece of them after the other, in their order.

    Large numbers of items are shared among at most so many processes, to which `work`, of `module`, is sent; `least`
    items are worth a process, `LEAST` where it is not given.
    """
    chunks = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
    processes = min(processes, len(items) // (least or LEAST))
    if processes < 2:
        yield from ((len(chunk), work(chunk)) for chunk in chunks)
        return
    with process_pool(processes, module=module, initializer=begin_in_child, initargs=()) as pool:
        with postponed():  # the first piece starts the processes
            results = pool.map(work, chunks)
        yield from zip(map(len, chunks), results, strict=True)
