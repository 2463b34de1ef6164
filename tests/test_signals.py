"""What a signal does to the process that gets it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from wsss.errors import WsssError
from wsss.signals import SIGNALS, Ended, blocked, ended_by_signals, first_interrupt_held, handled, postponed


@pytest.fixture(autouse=True)
def before() -> Iterator[list[object]]:
    handlers = [signal.getsignal(number) for number in SIGNALS]
    yield handlers
    assert [signal.getsignal(number) for number in SIGNALS] == handlers


def send(number: int) -> None:
    os.kill(os.getpid(), number)


def ended(number: int, *, then: Callable[[], None]) -> None:
    """Be ended by a signal, and do something on the way out."""
    with ended_by_signals(), ExitStack() as stack:
        stack.callback(then)
        send(number)


@pytest.mark.parametrize(("name", "code"), [("SIGHUP", 129), ("SIGINT", 130), ("SIGUSR1", 138), ("SIGTERM", 143)])
def test_a_signal_ends_as_ctrl_c_does(name: str, code: int) -> None:
    with pytest.raises(KeyboardInterrupt, match=f"ended by {name}") as caught, ended_by_signals():
        send(signal.Signals[name])
    assert isinstance(caught.value, Ended)
    assert caught.value.exit_code == code


def test_cleaning_up_is_ended_by_a_second_ctrl_c_only() -> None:
    cleaned = []

    def clean() -> None:
        send(signal.SIGTERM)
        send(signal.SIGUSR1)
        cleaned.append("first")
        send(signal.SIGINT)
        cleaned.append("second")

    with pytest.raises(Ended, match="SIGINT"):
        ended(signal.SIGTERM, then=clean)
    assert cleaned == ["first"]


def test_what_breaks_on_the_way_out_is_the_signal_s_doing() -> None:
    def fail() -> None:
        raise RuntimeError("DataLoader worker is killed by signal")

    with pytest.raises(Ended, match="SIGHUP") as caught:
        ended(signal.SIGHUP, then=fail)
    assert isinstance(caught.value.__cause__, RuntimeError)


def lost(error: Exception) -> None:
    """Be met by a signal in code that raises an error of its own, without a word of what came before."""
    with ended_by_signals():
        with suppress(Ended):
            send(signal.SIGTERM)
        raise error


def test_an_error_in_the_place_of_a_signal_is_the_signal_s_doing() -> None:
    with pytest.raises(Ended, match="ended by SIGTERM") as caught:
        lost(RuntimeError("raised in C"))
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_reason_for_the_user_that_comes_after_a_lost_signal_is_kept() -> None:
    with pytest.raises(WsssError, match="another machine failed"):
        lost(WsssError("another machine failed"))


def test_a_reason_for_the_user_is_kept() -> None:
    def fail() -> None:
        raise WsssError("another machine failed")

    with pytest.raises(WsssError, match="another machine failed"):
        ended(signal.SIGTERM, then=fail)


def test_errors_without_a_signal_pass() -> None:
    with pytest.raises(ZeroDivisionError), ended_by_signals():
        _ = 1 / 0


def test_a_signal_that_is_ignored_stays_so() -> None:
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    try:
        with ended_by_signals():
            assert signal.SIGHUP not in handled()
            send(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, hang_up)


def start(started: list[str]) -> None:
    """Be met by two signals while something is started."""
    with ended_by_signals():
        with postponed():
            send(signal.SIGUSR1)
            send(signal.SIGTERM)
            started.append("whole")
        started.append("too late")


def test_a_signal_waits_until_what_is_started_has_started() -> None:
    started: list[str] = []
    with pytest.raises(Ended, match="SIGUSR1"):
        start(started)
    assert started == ["whole"]


def break_off() -> None:
    """Be met by a signal that also ends what is being started."""
    with ended_by_signals(), postponed():
        send(signal.SIGUSR1)
        raise EOFError("unexpected EOF")


def test_what_a_postponed_signal_broke_does_not_hide_it() -> None:
    with pytest.raises(Ended, match="SIGUSR1"):
        break_off()


def test_another_thread_has_no_signals_to_postpone() -> None:
    started: list[str] = []

    def begin() -> None:
        with postponed():
            started.append("whole")

    with ThreadPoolExecutor(1) as pool:
        pool.submit(begin).result()
    assert started == ["whole"]


def test_signals_are_blocked_meanwhile_and_no_longer() -> None:
    def masked() -> set[signal.Signals]:
        return {signal.SIGHUP, signal.SIGUSR1, signal.SIGINT} & signal.pthread_sigmask(signal.SIG_BLOCK, ())  # type: ignore[operator]

    assert masked() == set()
    with blocked():
        assert masked() == {signal.SIGHUP, signal.SIGUSR1}
    with blocked(signal.SIGINT):
        assert masked() == {signal.SIGHUP, signal.SIGUSR1, signal.SIGINT}
    assert masked() == set()


def held(*steps: Callable[[], None], say: Callable[[], None] = lambda: None) -> None:
    """Do something while a first Ctrl-C is held back."""
    with ended_by_signals(), first_interrupt_held(say):
        for step in steps:
            step()


def interrupt() -> None:
    send(signal.SIGINT)


def test_a_first_ctrl_c_is_said_and_held_until_the_end() -> None:
    said, done = threading.Event(), []
    with pytest.raises(Ended, match="SIGINT"):
        held(interrupt, lambda: done.append("the step"), say=said.set)
    assert done == ["the step"]
    assert said.wait(10)


def test_a_second_ctrl_c_is_met_at_once() -> None:
    done = []
    with pytest.raises(Ended, match="SIGINT"):
        held(interrupt, lambda: done.append("first"), interrupt, lambda: done.append("second"))
    assert done == ["first"]


def test_other_signals_are_not_held() -> None:
    done = []
    with pytest.raises(Ended, match="SIGTERM"):
        held(lambda: send(signal.SIGTERM), lambda: done.append("went on"))
    assert done == []


def test_a_reason_of_ones_own_comes_before_a_ctrl_c_that_is_held() -> None:
    def fail() -> None:
        raise WsssError("no such file")

    with pytest.raises(WsssError, match="no such file"):
        held(interrupt, fail)


def test_without_a_ctrl_c_nothing_is_said_or_raised() -> None:
    said: list[str] = []
    with first_interrupt_held(lambda: said.append("finishing")) as asked:
        assert not asked()
    assert said == []


def test_a_forked_process_leaves_ctrl_c_to_its_parent() -> None:
    with first_interrupt_held(lambda: os._exit(1)) as asked:
        child = os.fork()
        if child == 0:
            send(signal.SIGINT)
            os._exit(3 if asked() else 0)
        assert os.waitpid(child, 0)[1] == 0


def test_a_thread_holds_nothing() -> None:
    def hold() -> bool:
        with first_interrupt_held(lambda: None) as asked:
            return asked()

    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(hold).result()


def test_a_ctrl_c_that_is_ignored_stays_so_when_a_first_one_would_be_held() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with first_interrupt_held(lambda: None) as asked:
            send(signal.SIGINT)
            assert not asked()
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture
def failing_children() -> Iterator[None]:
    """A handler that raises wherever the end of a child meets this process, as torch's does."""

    def fails(*_: object) -> None:
        raise RuntimeError("a child was killed")

    before = signal.signal(signal.SIGCHLD, fails)
    yield
    signal.signal(signal.SIGCHLD, before)


@pytest.mark.usefixtures("failing_children")
def test_children_that_the_signal_killed_disturb_neither_cleaning_up_nor_what_comes_after():
    cleaned = []

    def clean() -> None:
        signal.raise_signal(signal.SIGCHLD)
        cleaned.append("whole")

    with pytest.raises(Ended) as caught:
        ended(signal.SIGTERM, then=clean)
    assert cleaned == ["whole"]
    assert caught.value.__cause__ is None
    signal.raise_signal(signal.SIGCHLD)


@pytest.mark.usefixtures("failing_children")
def test_a_child_that_was_killed_before_any_signal_is_an_error():
    with pytest.raises(RuntimeError, match="a child was killed"), ended_by_signals():
        signal.raise_signal(signal.SIGCHLD)
