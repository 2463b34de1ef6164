"""Threads keep the order of the items, and run ahead by a bounded number of them."""

from threading import Thread

import pytest
import torch

from wsss.engine.processes import world
from wsss.engine.threads import in_threads


def test_results_come_in_order_and_only_a_few_are_made_ahead():
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        return -item

    count = 20 * world().cores
    results = in_threads(work, range(count))
    assert begun == []
    assert next(results) == 0
    assert len(begun) <= 4 * world().cores < count
    assert list(results) == [-item for item in range(1, count)]
    assert sorted(begun) == list(range(count))


def test_a_failure_reaches_whoever_takes_the_results():
    def work(item: int) -> float:
        return 1 / item

    with pytest.raises(ZeroDivisionError):
        list(in_threads(work, [2, 1, 0]))


def test_torch_has_one_thread_in_each_and_as_many_as_before_afterwards():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert set(in_threads(lambda _: torch.get_num_threads(), range(4))) == {1}
        later: list[int] = []
        thread = Thread(target=lambda: later.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert (torch.get_num_threads(), later) == (3, [3])
    finally:
        torch.set_num_threads(before)
