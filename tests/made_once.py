"""What takes seconds to make is made once for all workers of a suite: the first that needs it makes it, others wait."""

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from filelock import FileLock

WORKER = "PYTEST_XDIST_WORKER"
"""The variable by which a process is known for one of several workers; their folders have one parent."""
T = TypeVar("T")


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], T]) -> T:
    """Return what `make` returned when a worker called it first, with a new folder of that name, as every worker's own.

    It is handed over by pickle. Nobody may change what lies in the folder.
    """
    base = factory.getbasetemp()
    shared = base.parent if WORKER in os.environ else base
    folder, made = shared / name, shared / f"{name}.pickle"
    with FileLock(shared / f"{name}.lock"):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
            folder.mkdir()
            made.write_bytes(pickle.dumps(make(folder)))
        result: T = pickle.loads(made.read_bytes())
        return result
