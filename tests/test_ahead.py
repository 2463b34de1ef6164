"""Work on threads, a bounded number of items ahead."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from wsss.ahead import map_ahead


@pytest.mark.parametrize("ahead", [1, 3, 100])
def test_results_come_in_the_order_of_the_items(ahead: int):
    def work(item: int) -> int:
        sleep(0.001 * (item % 3))
        return 10 * item

    with ThreadPoolExecutor(4) as pool:
        assert list(map_ahead(pool, work, range(30), ahead=ahead)) == [10 * item for item in range(30)]


def test_no_more_items_are_taken_than_may_wait():
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(1000):
            taken.append(item)
            yield item

    with ThreadPoolExecutor(2) as pool:
        results = map_ahead(pool, str, items(), ahead=5)
        for expected in range(20):
            assert next(results) == str(expected)
            assert len(taken) <= expected + 1 + 5


def test_an_error_comes_in_the_place_of_its_item():
    def work(item: int) -> int:
        return 6 // item

    with ThreadPoolExecutor(2) as pool:
        results = map_ahead(pool, work, (1, 2, 0, 3), ahead=4)
        assert [next(results), next(results)] == [6, 3]
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_nothing_ahead_is_refused():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match="at least 1, got 0"):
        list(map_ahead(pool, str, (1,), ahead=0))
