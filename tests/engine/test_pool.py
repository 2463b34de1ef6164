"""Pieces of work are shared among processes where there are enough of them."""

import os
import signal
from collections.abc import Sequence
from multiprocessing import forkserver

import pytest
import torch

from wsss.engine import pool
from wsss.engine.pool import in_chunks
from wsss.engine.processes import world
from wsss.signals import SIGNALS


def told(items: Sequence[int]) -> tuple[int, int, int, list[int]]:
    """Which process does it, with how many threads and cores, and what comes of it."""
    return os.getpid(), torch.get_num_threads(), world().cores, [-item for item in items]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "CHUNK", 3)
    monkeypatch.setattr(pool, "LEAST", 4)


@pytest.mark.parametrize(("count", "processes"), [(0, 2), (7, 2), (8, 1)])
def test_little_work_is_done_here(count: int, processes: int):
    found = list(in_chunks(told, range(count), processes=processes, module=__name__))
    assert {result[0] for _, result in found} <= {os.getpid()}
    assert [item for _, result in found for item in result[-1]] == [-item for item in range(count)]


@pytest.mark.parametrize(("least", "is_shared"), [(3, True), (4, False)])
def test_the_caller_may_say_how_much_is_worth_a_process(least: int, is_shared: bool):
    found = list(in_chunks(told, range(7), processes=2, module=__name__, least=least))
    assert ({result[0] for _, result in found} != {os.getpid()}) == is_shared


def test_much_work_is_shared_and_comes_back_in_order():
    found = list(in_chunks(told, range(11), processes=2, module=__name__))
    assert os.getpid() not in {result[0] for _, result in found}
    assert {result[1:3] for _, result in found} == {(1, 1)}
    assert [count for count, _ in found] == [3, 3, 3, 2]
    assert [item for _, result in found for item in result[-1]] == [-item for item in range(11)]


def masked(items: Sequence[int]) -> set[signal.Signals]:
    """The signals that never reach the process that does it."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {*SIGNALS}  # type: ignore[operator]


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows masks none")
def test_what_a_terminal_sends_to_all_ends_neither_a_server_that_imports_nor_its_processes():
    forkserver._forkserver._stop()  # one of another test may have been started in another way
    (_, first), *_ = in_chunks(masked, range(11), processes=2, module=__name__)
    assert first == {*SIGNALS} - {signal.SIGTERM}


def test_an_error_of_a_process_arrives_here():
    with pytest.raises(TypeError):
        list(in_chunks(told, ["a"] * 11, processes=2, module=__name__))  # type: ignore[arg-type]
