"""Signals that end a command in order: Ctrl-C, and what SLURM, `kill` and a terminal that is closed send."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from wsss.errors import WsssError

NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
SIGNALS: Final[tuple[signal.Signals, ...]] = tuple(
    number for name in NAMES if (number := getattr(signal, name, None)) is not None
)
"""Windows has the first two."""


class Ended(KeyboardInterrupt):
    """Raised in the main thread wherever a signal meets it. A Ctrl-C is one, too: all clean up after them alike."""

    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)
        super().__init__(f"ended by {self.signal.name}")

    @property
    def exit_code(self) -> int:
        """A shell's code for a process that this signal ended."""
        return 128 + self.signal

    @staticmethod
    def behind(error: BaseException) -> "Ended | None":
        """Return the signal that led to an error: a loader process that got it as well fails beside us.

        A `WsssError` has a reason of its own, which the user should read.
        """
        return next((each for each in _led_to(error) if isinstance(each, Ended)), None)


def _led_to(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, up to a `WsssError`."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = None if isinstance(cause, WsssError) else cause.__cause__ or cause.__context__


def handled() -> tuple[signal.Signals, ...]:
    """Return those of `SIGNALS` that this process was not started to ignore, as `nohup` makes it ignore SIGHUP."""
    return tuple(number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise `Ended` at a signal. Only Ctrl-C can interrupt what is done after the first: others come in groups.

    Code in C may raise an error of its own in the place of `Ended`. An error that comes after a signal therefore counts
    as the signal's doing, unless it is a `WsssError`.
    """
    met: Ended | None = None

    def end(number: int, _: FrameType | None) -> None:
        nonlocal met
        if met is None or number == signal.SIGINT:
            met = Ended(number)
            _leave_children()
            raise met

    with restored():
        for number in handled():
            signal.signal(number, end)
        try:
            yield
        except BaseException as error:
            cause = Ended.behind(error) or met
            has_reason = any(isinstance(each, WsssError) for each in _led_to(error))
            if cause is not None and cause is not error and not has_reason:
                raise Ended(cause.signal) from error
            raise


def _leave_children() -> None:
    """Let no child's end raise an error from now on, as torch's handler does: the signal that ends us met them, too.

    The error would rise wherever we clean up, and `logging` catches it in the middle of a line and prints it.
    """
    number = getattr(signal, "SIGCHLD", None)  # Windows has none
    if number is not None and callable(signal.getsignal(number)):
        signal.signal(number, lambda *_: None)


@contextmanager
def blocked(*more: signal.Signals) -> Iterator[None]:
    """Let the processes that are started meanwhile never get SIGHUP and SIGUSR1, nor `more`: they would end before us.

    One of them that comes meanwhile is met at the end.
    """
    if getattr(signal, "pthread_sigmask", None) is None:  # Windows, which has neither
        yield
        return
    numbers = {signal.SIGHUP, signal.SIGUSR1, *more}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def postponed() -> Iterator[None]:
    """Hold signals back until the end: a process that is half started could not be ended in order.

    What the signal itself broke meanwhile, such as a child that it ended first, does not hide it.
    """
    held: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # no handler ever raises in another
        yield
        return
    try:
        with restored():
            for number in handled():
                signal.signal(number, lambda sent, _: held.append(sent))
            yield
    finally:
        for first in held[:1]:
            signal.raise_signal(first)


@contextmanager
def first_interrupt_held(say: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Hold the first Ctrl-C back until the end, and yield what tells whether it came; the second is met at once.

    `say` is then called in a thread: the main one may be in the middle of a write to the screen.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield lambda: False
        return
    here, came = os.getpid(), False

    def hold(number: int, frame: FrameType | None) -> None:
        nonlocal came
        if os.getpid() != here:  # a process that was forked: its parent decides
            return
        if came:
            before(number, frame)
        came = True
        threading.Thread(target=say, daemon=True).start()

    signal.signal(signal.SIGINT, hold)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)


@contextmanager
def restored() -> Iterator[None]:
    """Put the handlers of signals back, where a library leaves its own."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
