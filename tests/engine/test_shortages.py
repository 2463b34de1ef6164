"""What a machine is short of: in a sentence with a remedy, whoever says so."""

import errno
import multiprocessing
import os
import resource
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from wsss.engine.shortages import FILES, GPU, LOADER, MEMORY, POOL, PROCESSES, SHARED, explained
from wsss.errors import WsssError
from wsss.signals import Ended

SAID = (
    # What torch 2.x, CUDA and Python 3.11 to 3.13 said where these things were tried.
    (MemoryError(), MEMORY),
    (OSError(errno.ENOMEM, "Cannot allocate memory"), MEMORY),
    (RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory"), MEMORY),
    (RuntimeError("Storage size calculation overflowed with sizes=[4, 3, 128000000000, 128000000000]"), MEMORY),
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."), GPU),
    (RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later"), GPU),
    (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), GPU),
    (OSError(errno.EMFILE, "Too many open files", "a.png"), FILES),
    (RuntimeError("unable to open shared memory object </torch_1_2_3> in read-write mode: Too many open files"), FILES),
    (RuntimeError("received 0 items of ancdata"), FILES),
    (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), PROCESSES),
    (RuntimeError("can't start new thread"), PROCESSES),
    (
        RuntimeError("unable to allocate shared memory(shm) for file </torch_1_2_3>: No space left on device (28)"),
        SHARED,
    ),
    (RuntimeError("DataLoader worker (pid 5) is killed by signal: Bus error. It is possible that ..."), SHARED),
    (RuntimeError("DataLoader worker (pid 5) is killed by signal: Killed. "), LOADER),
    (RuntimeError("DataLoader worker (pid(s) 5, 6) exited unexpectedly"), LOADER),
)


@pytest.mark.parametrize(("error", "said"), SAID, ids=lambda each: str(each)[:40])
def test_shortages_are_explained(error: Exception, said: str) -> None:
    with pytest.raises(WsssError) as caught, explained():
        raise error
    assert str(caught.value) == f"{said}; what is finished is kept"
    assert caught.value.__cause__ is error


def fail(error: Exception) -> None:
    raise error


def raise_behind(error: Exception) -> None:
    try:
        fail(error)
    except Exception as cause:
        raise RuntimeError("Trainer was not started") from cause


def test_a_shortage_behind_another_error_is_explained() -> None:
    with pytest.raises(WsssError, match="memory of this machine is full"), explained():
        raise_behind(MemoryError())


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError(), RuntimeError("shape mismatch"), FileNotFoundError(errno.ENOENT, "no"), WsssError("a remedy")],
    ids=lambda each: type(each).__name__,
)
def test_other_errors_go_on_their_way(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, explained():
        raise error
    assert caught.value is error


def test_a_sentence_for_the_user_is_not_replaced() -> None:
    error = WsssError("choose smaller tiles")
    error.__cause__ = torch.OutOfMemoryError("CUDA out of memory")
    with pytest.raises(WsssError, match=r"^choose smaller tiles$"), explained():
        raise error


def test_a_loader_that_a_signal_ended_beside_us_is_the_signal_s_doing() -> None:
    error = RuntimeError("DataLoader worker (pid 5) is killed by signal: Terminated. ")
    error.__context__ = Ended(signal.SIGTERM)
    with pytest.raises(RuntimeError) as caught, explained():
        raise error
    assert caught.value is error


class Deadly(Dataset[int]):
    def __len__(self) -> int:
        return 8

    def __getitem__(self, item: int) -> int:
        if item == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return item


def test_a_loader_that_was_killed() -> None:
    with pytest.raises(WsssError, match="a loader process was killed, most likely for want of memory"), explained():
        list(DataLoader(Deadly(), batch_size=2, num_workers=2))


class Ending(Dataset[int]):
    """Ends as a loader does that is killed while it hands over a batch, or as a file that is cut off."""

    def __init__(self, *, file: bool) -> None:
        self.file = file

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> int:
        if self.file:
            raise EOFError
        here, there = multiprocessing.Pipe()
        there.close()
        return int(here.recv())


def test_a_loader_that_was_killed_while_it_handed_over_a_batch() -> None:
    with pytest.raises(WsssError, match="a loader process was killed"), explained():
        list(DataLoader(Ending(file=False)))
    with pytest.raises(EOFError), explained():
        list(DataLoader(Ending(file=True)))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_pool_s_process_that_was_killed() -> None:
    context = multiprocessing.get_context("forkserver")
    with (
        pytest.raises(WsssError, match="a process of a stage was killed, most likely for want of memory") as caught,
        explained(),
        ProcessPoolExecutor(1, context) as pool,
    ):
        pool.submit(die).result()
    assert POOL in str(caught.value)
    assert "unless it says above that it ended for another reason" in str(caught.value)


@contextmanager
def limited(what: int, limit: int) -> Iterator[None]:
    before = resource.getrlimit(what)
    resource.setrlimit(what, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


def test_memory_that_is_not_there() -> None:
    too_much = 2**50
    with pytest.raises(WsssError, match="memory of this machine is full"), explained():
        np.empty(too_much, dtype=np.uint8)
    with pytest.raises(WsssError, match="memory of this machine is full"), explained():
        torch.empty(too_much, dtype=torch.uint8)


def test_files_that_may_not_be_opened() -> None:
    with Path("/dev/null").open("rb") as file:
        lowest_free = file.fileno()
    with (
        pytest.raises(WsssError, match="too many files are open: raise the limit"),
        limited(resource.RLIMIT_NOFILE, lowest_free),
        explained(),
        Path("/dev/null").open("rb"),
    ):
        pass
