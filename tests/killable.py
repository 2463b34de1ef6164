"""Runs and workers in processes of their own, to be killed too; a server that has imported everything forks them."""

import multiprocessing
import os
import signal
import sys
import time
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


def launch(config: LaunchConfig, python: str) -> elastic_launch:
    """Stand in for `elastic_launch` with an interpreter: its workers need not import everything anew."""
    config.start_method = "forkserver"
    return elastic_launch(config, _work)


def _work(option: str, module: str, *arguments: str) -> None:
    from wsss.run.worker import main

    assert (option, module) == ("-m", main.__module__)
    multiprocessing.set_start_method("fork", force=True)  # as in a process that no server started
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
    multiprocessing.set_start_method("fork", force=True)
    barrier = worker.barrier

    def meets() -> None:
        if rank == 0:
            (signs / "waits").touch()
        while rank == 1 and not (signs / "go").exists():
            time.sleep(0.05)
        barrier()

    worker.barrier = meets  # type: ignore[attr-defined]
    worker.work(job)


def _run(config: dict[str, Any], write: int | None) -> None:
    import torch
    from rich.console import Console

    from wsss.engine import progress
    from wsss.run import pipeline

    torch.set_num_threads(1)
    multiprocessing.set_start_method("fork", force=True)  # as in a process that no server started
    silent = Console(file=open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - lives as long as we
    progress.console = pipeline.console = silent  # type: ignore[misc]
    if write is not None:
        _kill_at(write)
    pipeline.run(config)


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
