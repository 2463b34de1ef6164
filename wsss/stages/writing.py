"""How a Map stage's results become files beside the device: on threads, or in processes where that takes a core."""

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from wsss.stages.pool import pool

THREADS: Final = 8
"""More of them would wait for the disk together."""

Write = Callable[[Path, Any], None]
Submit = Callable[[Path, Any], Future[None]]


@runtime_checkable
class Writer(Protocol):
    """How results become files, where that is bound to the CPU: it is sent to processes, and opened in each of them."""

    def open(self) -> Write:
        """Load what all results need, and return what writes one of them."""
        ...


@contextmanager
def submitting(write: Write, *, writer: Writer | None, count: int) -> Iterator[Submit]:
    """Yield what hands a result over to be written: by `write`, or by a `writer` if there is one, `count` at a time."""
    if writer is None:
        with ThreadPoolExecutor(min(THREADS, count)) as threads:
            yield lambda path, result: threads.submit(write, path, result)
        return
    with pool(count, module=type(writer).__module__, begin=_open, given=(writer,)) as processes:
        # As bytes: tensors would travel in shared memory, of which a container has little.
        yield lambda path, result: processes.submit(_write, path, pickle.dumps(result))


# A child process holds what it opened, once for all results.
_opened: Write | None = None


def _open(writer: Writer) -> None:
    global _opened  # noqa: PLW0603
    _opened = writer.open()


def _write(path: Path, result: bytes) -> None:
    assert _opened is not None
    _opened(path, pickle.loads(result))  # noqa: S301 - our own process made it
