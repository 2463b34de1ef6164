"""Processes of one thread each, which the parent alone ends."""

import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import torch

from wsss.stages.world import end_with_parent


def pool(processes: int, *, module: str, begin: Callable[..., None], given: tuple[object, ...]) -> ProcessPoolExecutor:
    """Return processes in each of which `begin` was called with what is `given`; all of it must be picklable.

    `module` is imported once for all of them: the one in which most of what they need is.
    """
    # A fork of this process, whose OpenMP pool may be running, could hang: a server without one is forked, and it
    # imports once for all.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module])
    return ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(begin, given))


def _begin(begin: Callable[..., None], given: tuple[object, ...]) -> None:
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process: the parent decides
    torch.set_num_threads(1)
    begin(*given)
