"""Commands of `wsss` in interpreters of their own, as they are typed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_WATCHED = """
import os, signal, sys, time
parent, *words = sys.argv[1:]
if os.fork():
    os.execv(words[0], words)
program = os.getppid()
while os.getppid() == program:
    try:
        with open(f"/proc/{program}/stat") as stat:
            is_ours = stat.read().rpartition(")")[2].split()[1] == parent
    except OSError:
        break
    if not is_ours:
        os.killpg(0, signal.SIGKILL)
    time.sleep(0.5)
"""
"""Be a program, with a process beside it that kills both and the rest of their group when the parent is gone."""


def ending_with_us(*words: str) -> list[str]:
    """The words of a program in a session of its own that ends with this process, by a SIGKILL too; on Linux."""
    return [sys.executable, "-ISc", _WATCHED, str(os.getpid()), *words] if sys.platform == "linux" else [*words]


@contextmanager
def typed(folder: Path, *words: str, variables: Mapping[str, str] | None = None) -> "Iterator[subprocess.Popen[bytes]]":
    """A command in a folder, whose `screen.txt` grows by what it prints; it is killed with its group at the end."""
    folder.mkdir(exist_ok=True)
    with (folder / "screen.txt").open("ab") as screen:
        process = subprocess.Popen(
            ending_with_us(sys.executable, "-m", "wsss", *words),
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
