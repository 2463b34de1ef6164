"""Commands of `wsss` in interpreters of their own, as they are typed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def typed(folder: Path, *words: str, variables: Mapping[str, str] | None = None) -> "Iterator[subprocess.Popen[bytes]]":
    """A command in a folder, whose `screen.txt` grows by what it prints; it is killed with its group at the end."""
    folder.mkdir(exist_ok=True)
    with (folder / "screen.txt").open("ab") as screen:
        process = subprocess.Popen(
            [sys.executable, "-m", "wsss", *words],
            env={**os.environ, **(variables or {}), "OMP_NUM_THREADS": "1"},
            cwd=folder,
            stdout=screen,
            stderr=screen,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
