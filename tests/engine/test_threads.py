"""Threads keep the order of the items, and run ahead by a bounded number of them."""

import pytest

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
