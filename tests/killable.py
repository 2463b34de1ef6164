"""Runs and workers in processes of their own, to be killed too; a server that has imported everything forks them."""

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from torch.distributed.launcher.api import LaunchConfig, elastic_launch

CONTEXT = multiprocessing.get_context("forkserver")
PRELOADED = ("wsss.run.pipeline", "wsss.training.trainer", "wsss.stages.report", "segmentation_models_pytorch", "timm")
CONTEXT.set_forkserver_preload(["killable", *PRELOADED])


def start(config: dict[str, Any], *, write: int | None = None) -> "multiprocessing.context.ForkServerProcess":
    """Start a run; at its `write`-th write of a file it kills itself, after the bytes and before the name."""
    process = CONTEXT.Process(target=_run, args=(config, write))
    process.start()
    return process


class Command:
    """A command of `wsss` that works in a folder, in a process group of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._screen, writing = CONTEXT.Pipe(duplex=False)
        self._process = CONTEXT.Process(target=_call, args=(folder, words, writing))
        self._process.start()
        writing.close()

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to all processes of the group."""
        assert self._process.pid is not None
        os.killpg(self._process.pid, number)

    def end(self, *, timeout: float) -> tuple[int | None, str]:
        """Wait until the last process that can write to its screen is gone; return the exit code and the screen."""
        until, screen = time.monotonic() + timeout, bytearray()
        while wait([self._screen], until - time.monotonic()):
            if not (part := os.read(self._screen.fileno(), 1 << 16)):
                self._process.join(until - time.monotonic())
                return self._process.exitcode, screen.decode()
            screen += part
        raise AssertionError(f"still at work after {timeout} s: {screen.decode()}")


def launch(config: LaunchConfig, python: str) -> elastic_launch:
    """Stand in for `elastic_launch` with an interpreter: its workers need not import everything anew."""
    config.start_method = "forkserver"
    return elastic_launch(config, _work)


def _work(option: str, module: str, *arguments: str) -> None:
    from wsss.run.worker import main

    assert (option, module) == ("-m", main.__module__)
    _as_without_server()
    sys.argv = [module, *arguments]
    main()


def start_one_of_two(job: Path, rank: int, port: int, signs: Path) -> "multiprocessing.context.ForkServerProcess":
    """Start one of two workers: the first leaves `waits` in a folder before it waits, the second is slow until `go`."""
    process = CONTEXT.Process(target=_meet, args=(job, rank, port, signs))
    process.start()
    return process


def _meet(job: Path, rank: int, port: int, signs: Path) -> None:
    import torch

    from wsss.run import worker

    meeting = {"MASTER_ADDR": "localhost", "MASTER_PORT": str(port), "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "2"}
    os.environ |= {**meeting, "RANK": str(rank), "LOCAL_RANK": str(rank)}
    torch.set_num_threads(1)
    _as_without_server()
    barrier = worker.barrier

    def meets() -> None:
        if rank == 0:
            (signs / "waits").touch()
        while rank == 1 and not (signs / "go").exists():
            time.sleep(0.05)
        barrier()

    worker.barrier = meets  # type: ignore[attr-defined]
    worker.work(job)


def answer(rank: int, port: int, said: list[bool]) -> "tuple[multiprocessing.context.ForkServerProcess, Connection]":
    """Start one of two workers that says this at one meeting after the other, and sends back what any worker said."""
    screen, writing = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_answer, args=(rank, port, said, writing))
    process.start()
    return process, screen


def _answer(rank: int, port: int, said: list[bool], screen: Connection) -> None:
    from wsss.engine.barrier import any_worker, barrier

    _as_without_server()
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
    os.environ |= {"TORCHELASTIC_USE_AGENT_STORE": "True"}
    for number, mine in enumerate(said):
        time.sleep(0.05 * (rank == number % 2))  # now the one is late, now the other
        screen.send(any_worker(mine=mine))
    barrier()


def _call(folder: Path, words: tuple[str, ...], screen: Connection) -> None:
    import torch

    from wsss.__main__ import main

    os.setsid()
    os.chdir(folder)
    for number, name in enumerate(("stdout", "stderr"), start=1):
        os.dup2(screen.fileno(), number)
        setattr(sys, name, open(number, "w", encoding="utf-8", buffering=1, closefd=False))  # noqa: SIM115
    screen.close()
    torch.set_num_threads(1)
    _as_without_server()
    sys.argv = ["wsss", *words]
    main()


def _run(config: dict[str, Any], write: int | None) -> None:
    import torch
    from rich.console import Console

    from wsss.engine import progress
    from wsss.run import pipeline

    torch.set_num_threads(1)
    _as_without_server()
    silent = Console(file=open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - lives as long as we
    progress.console = pipeline.console = silent  # type: ignore[misc]
    if write is not None:
        _kill_at(write)
    pipeline.run(config)


def _as_without_server() -> None:
    """Be as a process that no server started: a server that a sweep started first blocks signals in all it forks."""
    multiprocessing.set_start_method("fork", force=True)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _kill_at(write: int) -> None:
    left = [write]
    replace = Path.replace

    def replaces(path: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == 0:
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(path, target)

    Path.replace = replaces  # type: ignore[method-assign, assignment]
