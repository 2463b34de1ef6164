"""Explain in one line, with a remedy, what a machine was short of: memory, shared memory, open files or processes."""

import errno
import re
import traceback
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from typing import Final

from wsss.errors import WsssError
from wsss.signals import Ended

KEPT: Final = "what is finished is kept"
SMALLER: Final = "take less at once (fit.*.batch_size, views.scales; --tile of predict, --side of explain)"
GPU: Final = f"the memory of the GPU is full: {SMALLER}, or device=cpu"
MEMORY: Final = f"the memory of this machine is full: {SMALLER}, use fewer processes (runtime.workers), or end others"
LOADER: Final = (
    "a loader process was killed, most likely for want of memory: runtime.workers=0, or a smaller fit.*.batch_size"
)
POOL: Final = (
    "a process of a stage was killed, most likely for want of memory: fewer (runtime.workers), or none (0), unless it "
    "says above that it ended for another reason"
)
SHARED: Final = (
    "the shared memory, /dev/shm, is full: give it more (docker run --shm-size=8g), or runtime.workers=0, or a smaller "
    "fit.*.batch_size"
)
FILES: Final = "too many files are open: raise the limit (ulimit -n 4096), or use fewer processes (runtime.workers=0)"
PROCESSES: Final = (
    "no more processes or threads may be started: raise the limit (ulimit -u), or use fewer (runtime.workers=0, "
    "OMP_NUM_THREADS=1)"
)
NUMBERS: Final = {errno.EMFILE: FILES, errno.ENFILE: FILES, errno.ENOMEM: MEMORY, errno.EAGAIN: PROCESSES}
"""Of the system's errors."""
WORDS: Final = {
    r"DataLoader worker \(pid.* killed by signal: Bus error": SHARED,
    r"DataLoader worker \(pid.* (exited unexpectedly|killed by signal: (Killed|Aborted|Terminated))": LOADER,
    r"Too many open files|received 0 items of ancdata": FILES,
    r"(?i)shared memory.*No space left|shm.*No space left|insufficient shared memory": SHARED,
    r"can't start new thread|Resource temporarily unavailable": PROCESSES,
    r"DefaultCPUAllocator: (can't allocate|not enough) memory|Cannot allocate memory": MEMORY,
    r"Storage size calculation overflowed": MEMORY,  # such as views.scales=[1e9]
    r"CUDA out of memory|CUDA error: out of memory|(CUDNN|CUBLAS)_STATUS_ALLOC_FAILED": GPU,
}
"""Of libraries' errors, which have no class of their own: patterns of what torch 2 and Python 3 say."""


FROM_A_LOADER: Final = {"multiprocessing.connection", "torch.utils.data.dataloader"}
"""Modules through which an error comes where a loader was killed while it handed over a batch."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error that a shortage led to into a `WsssError`; one that a signal led to goes on its way."""
    try:
        yield
    except Exception as error:
        if not Ended.behind(error) and (said := shortage(error)):
            raise WsssError(f"{said}; {KEPT}") from error
        raise


def shortage(error: BaseException) -> str | None:
    """Return what was short, and the remedy, of the first error in a chain that tells; a `WsssError` has its own."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, WsssError):
        if said := _of_one(cause):
            return said
        cause = cause.__cause__ or cause.__context__
    return None


def _of_one(error: BaseException) -> str | None:
    match error:
        case MemoryError():
            return MEMORY
        case BrokenExecutor():
            return POOL
        case EOFError() | ConnectionError() if _modules(error).issuperset(FROM_A_LOADER):
            return LOADER
        case OSError():
            return NUMBERS.get(error.errno or 0)
        case RuntimeError():
            return next((said for words, said in WORDS.items() if re.search(words, str(error), re.DOTALL)), None)
        case _:
            return None


def _modules(error: BaseException) -> set[str]:
    """Return the names of the modules through which an error came."""
    return {str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)}
