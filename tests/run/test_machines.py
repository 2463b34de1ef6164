"""Machines in step: two of them, as threads around one store of words."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace

import pytest
from torch.distributed import TCPStore  # type: ignore[attr-defined]  # public all the same

from wsss.errors import WsssError
from wsss.run.machines import EVERY, FAILED, Peers


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return int(free.getsockname()[1])


def both(port: int, *, first: Callable[[Peers], object], second: Callable[[Peers], object]) -> list[object]:
    """What two machines come to that meet; an error counts too."""

    def machine(rank: int) -> object:
        try:
            with Peers.meet("localhost", port, rank=rank, count=2) as peers:
                return (first, second)[rank](peers)
        except (WsssError, ZeroDivisionError) as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(machine, range(2)))


def test_a_failure_is_told_when_its_machine_leaves(port: int) -> None:
    with suppress(ZeroDivisionError), Peers.meet("localhost", port, rank=0, count=1) as peers:
        words = peers.words
        raise ZeroDivisionError
    assert words.check([FAILED])  # `get` would wait for it
    assert words.get(FAILED) == b"0"


@pytest.mark.parametrize("count", [2, 3])
def test_the_first_leaves_when_all_others_have_left(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    words = TCPStore("localhost", 0, 1, is_master=True)
    first, *others = (Peers(words=words, rank=rank, count=count) for rank in range(count))
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        others[len(waited) - 1].part()

    monkeypatch.setattr("wsss.run.machines.threading", SimpleNamespace(Event=lambda: SimpleNamespace(wait=wait)))
    first.part()
    assert waited == [EVERY] * (count - 1)


def test_the_first_waits_for_nobody_after_a_failure() -> None:
    words = TCPStore("localhost", 0, 1, is_master=True)
    Peers(words=words, rank=1, count=2).fail()
    Peers(words=words, rank=0, count=2).part()


def test_one_says_and_the_other_hears(port: int) -> None:
    heard = threading.Event()

    def lead(peers: Peers) -> str:
        peers.say("cams", "make")
        assert heard.wait(60)
        peers.say("cams", "made")
        return "led"

    def follow(peers: Peers) -> list[str]:
        words = [peers.hear("cams", "make", "made")]
        heard.set()
        return [*words, peers.hear("cams", "made")]

    assert both(port, first=lead, second=follow) == ["led", ["make", "made"]]


@pytest.mark.parametrize("fails", [0, 1])
def test_a_failure_is_heard_by_the_other_that_waits(port: int, fails: int) -> None:
    def waits(peers: Peers) -> None:
        peers.hear("cams", "made")

    def breaks(peers: Peers) -> float:
        return 1 / 0

    ends = both(port, first=breaks if fails == 0 else waits, second=waits if fails == 0 else breaks)
    assert isinstance(ends[fails], ZeroDivisionError)
    # The first machine may be gone with its words before the second has read them.
    assert str(ends[1 - fails]).startswith(f"the machine with node_rank={fails} ")


def test_the_first_failure_is_the_one_that_counts(port: int) -> None:
    def lead(peers: Peers) -> None:
        peers.fail()
        Peers(words=peers.words, rank=1, count=2).fail()
        assert peers.words.get(FAILED) == b"0"

    both(port, first=lead, second=lambda _: None)


def test_nobody_there(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsss.run.machines.HELLO", timedelta(seconds=1))
    with (
        pytest.raises(WsssError, match=f"machine 1 of 2 cannot meet the others at localhost, port {port}"),
        Peers.meet("localhost", port, rank=1, count=2),
    ):
        pass
