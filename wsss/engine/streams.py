"""The streams of a command: closed, of another encoding, or read by a program that has seen enough."""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase, TextIOWrapper
from typing import Final, NoReturn

from wsss.errors import WsssError

STREAMS: Final = {"stdin": 0, "stdout": 1, "stderr": 2}
NOBODY_READS: Final = 141
"""128 and the number of SIGPIPE, which Windows has not."""


def open_streams() -> None:
    """Let every write succeed that can: into nothing where a stream is closed, and escaped where it lacks a character.

    A closed stream's number would otherwise be given to the next file that is opened, and what others print be in it.
    Where Python does not buffer stdout, whole lines are: a write that failed would leave nothing to tell of it later.
    """
    for name, number in STREAMS.items():
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))
    if isinstance(getattr(sys.stdout, "buffer", None), RawIOBase):  # PYTHONUNBUFFERED, python -u
        lines = os.fdopen(1, "w", buffering=1, encoding=sys.stdout.encoding, closefd=False)
        sys.stdout = sys.__stdout__ = lines  # type: ignore[misc]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def complain(words: str) -> None:
    """Write to stderr why a command ends; where it cannot be written, as on a full disk, the exit code alone tells."""
    try:
        sys.stderr.write(words)
        sys.stderr.flush()
    except OSError:
        if sys.stderr is sys.__stderr__:
            _discard(2)  # or Python tries again at its end, and gives an exit code of its own


def announce(words: str) -> None:
    """Say on a terminal what begins, before imports that take seconds."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{words} ...\n")


@contextmanager
def read_to_the_end() -> Iterator[None]:
    """End in silence with exit code 141, as other programs do, where the reader of stdout has seen enough, as `head`.

    What was written is handed over before Python ends, which would otherwise complain. Where that is impossible, as on
    a full disk, the exit code is 2 and a line says so, unless the command ended for a reason of its own.
    """
    try:
        try:
            yield
        except BaseException as error:
            if (lost := _hand_over()) and isinstance(error, SystemExit) and not error.code:
                _refuse(lost)
            raise
        if lost := _hand_over():
            _refuse(lost)
    except BrokenPipeError:
        if not _nobody_reads():  # but another pipe is broken
            raise
        _discard(1)
        sys.exit(NOBODY_READS)
    finally:
        complain("")  # what argparse wrote, too


def _refuse(lost: str) -> NoReturn:
    complain(f"wsss: {lost}\n")
    sys.exit(2)


@contextmanager
def printing() -> Iterator[None]:
    """Turn what the system says of stdout into a `WsssError`: it names no file, and another would be blamed."""
    try:
        yield
    except BrokenPipeError:  # which `read_to_the_end` answers
        raise
    except OSError as error:
        if error.filename is None and (lost := _hand_over()):
            raise WsssError(lost) from error
        raise


def _hand_over() -> str:
    """Write what stdout still holds, and return in words what keeps it from being written, if anything does."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:  # a terminal that is gone, or a full disk
        if sys.stdout is sys.__stdout__:
            _discard(1)  # or Python tries again at its end, and complains
        return f"stdout cannot be written ({error.strerror}): print elsewhere, or free some space"
    return ""


def _nobody_reads() -> bool:
    """Whether stdout is a pipe whose reader has ended."""
    if getattr(select, "poll", None) is None:  # Windows
        return True
    poll = select.poll()
    poll.register(1, 0)
    return any(events & select.POLLERR for _, events in poll.poll(0))


def _discard(number: int) -> None:
    """Let what is still to be written to a stream go nowhere, at the end of Python, too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
