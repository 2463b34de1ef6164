"""The streams of a command: closed, of another encoding, or read by a program that has seen enough."""

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Final

STREAMS: Final = {"stdin": 0, "stdout": 1, "stderr": 2}


def open_streams() -> None:
    """Let every write succeed that can: into nothing where a stream is closed, and escaped where it lacks a character.

    A closed stream's number would otherwise be given to the next file that is opened, and what others print be in it.
    """
    for name, number in STREAMS.items():
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def read_to_the_end() -> Iterator[None]:
    """End in silence with exit code 141, as other programs do, where the reader of stdout has seen enough, as `head`.

    What was written is handed over before Python ends, which would otherwise complain.
    """
    try:
        try:
            yield
        finally:
            _hand_over()
    except BrokenPipeError:
        if not _nobody_reads():  # but another pipe is broken
            raise
        _discard_output()
        sys.exit(128 + signal.SIGPIPE)


def _hand_over() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError:  # a terminal that is gone, or a full disk: Python tries again at its end, and says so
        return


def _nobody_reads() -> bool:
    """Whether stdout is a pipe whose reader has ended."""
    poll = select.poll()
    poll.register(1, 0)
    return any(events & select.POLLERR for _, events in poll.poll(0))


def _discard_output() -> None:
    """Let what is still to be written go nowhere, at the end of Python, too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
