"""Processes wait for each other in the launcher's store, and hear signals meanwhile; one has nobody to wait for."""

import os
import signal
import time

import killable
import pytest
from torch.distributed import TCPStore

from wsss.engine.barrier import any_worker, barrier


def test_alone_there_is_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    barrier()
    assert any_worker(mine=True)
    assert not any_worker(mine=False)


@pytest.fixture
def store() -> TCPStore:
    """As a launcher keeps it for its workers."""
    return TCPStore("localhost", 0, is_master=True, wait_for_workers=False)


def test_what_one_says_all_hear_each_time_anew(store: TCPStore) -> None:
    workers = [
        killable.answer(0, store.port, [False, True, False, False]),
        killable.answer(1, store.port, [False, False, True, False]),
    ]
    for _, screen in workers:
        assert [screen.recv() for _ in range(4)] == [False, True, True, False]
    for process, _ in workers:
        process.join(60)
        assert process.exitcode == 0


def test_a_signal_ends_who_waits(store: TCPStore) -> None:
    before = store.num_keys()
    process, screen = killable.answer(0, store.port, [False])
    while store.num_keys() < before + 2:  # what it says, and that it has come
        time.sleep(0.01)
    assert not screen.poll()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 1
