"""The wait for a machine, by a clock of the test's own."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from wsss.errors import LostError, WsssError
from wsss.run import ray_waiting
from wsss.run.ray_cluster import Capacity
from wsss.run.ray_waiting import Request, Waiting, refuse_wait

MAPS = Request(stage="extract_cams", capacity=Capacity(cores=2, gpus=1))
MASKS = Request(stage="make_masks", capacity=Capacity(cores=2))


class Clock:
    """Seconds, the machines of a cluster at that time, and what was said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *machines: dict[str, float], minutes: float | None) -> None:
        self.now, self.machines, self.said, self.asked = 0.0, machines, list[str](), 0
        monkeypatch.setattr(ray_waiting, "monotonic", lambda: self.now)
        cluster = SimpleNamespace(nodes=self.nodes)
        self.waiting = Waiting(cluster, minutes=minutes, key="ray.wait_minutes", say=self.said.append)

    def nodes(self) -> list[dict[str, Any]]:
        self.asked += 1
        return [{"Alive": True, "Resources": each} for each in self.machines]

    def look(self, now: float, *requests: Request) -> bool:
        self.now = now
        return self.waiting.look(requests)


def test_a_wait_is_told_each_minute_and_ends(monkeypatch: pytest.MonkeyPatch):
    clock = Clock(monkeypatch, {"CPU": 2.0, "GPU": 1.0}, {"CPU": 8.0}, minutes=2.0)
    assert clock.look(100, MAPS)
    clock.machines = ({"CPU": 8.0}, {"CPU": 8.0}, {})
    assert clock.look(101, MAPS)  # not looked at so soon
    assert not any(clock.look(second, MAPS) for second in range(102, 222))
    there = "2 machines with 8 cores, 1 machine with 0 cores"
    missing = f"Ray has no machine for extract_cams (2 cores and 1 GPU); alive: {there}"
    assert clock.said == [
        f"{missing}. Waiting for 2 min 00 s at most (ray.wait_minutes), 0.0 s so far",
        f"{missing}. Waiting for 2 min 00 s at most (ray.wait_minutes), 1 min 00 s so far",
    ]
    with pytest.raises(LostError) as lost:
        clock.look(222, MAPS)
    assert str(lost.value) == (
        f"{missing}; waited 2 min 00 s (ray.wait_minutes). What is finished is kept: start a machine and run the same "
        "command again, which goes on with what the cluster has then"
    )
    assert (LostError.exit_code, WsssError.exit_code) == (1, 2)
    assert clock.asked < 70


def test_a_machine_in_time_ends_the_wait_and_the_next_one_begins_anew(monkeypatch: pytest.MonkeyPatch):
    clock = Clock(monkeypatch, minutes=2.0)
    assert not clock.look(0, MASKS)
    assert not clock.look(119, MASKS)
    clock.machines = ({"CPU": 2.0},)
    assert clock.look(121, MASKS)
    assert clock.said[-1] == "Ray has such a machine again, after 2 min 01 s"
    clock.machines = ()
    assert not clock.look(124, MASKS)
    assert clock.said[-1].startswith("Ray has no machine for make_masks (2 cores); alive: none. Waiting")
    assert not clock.look(243, MASKS)
    assert clock.look(244)  # nothing is asked for any more
    assert not clock.look(245, MASKS)


def test_while_some_can_be_done_nothing_ends(monkeypatch: pytest.MonkeyPatch):
    clock = Clock(monkeypatch, {"CPU": 2.0}, minutes=2.0)
    assert all(clock.look(second, MAPS, MASKS, MAPS) for second in range(0, 1000, 10))
    assert clock.said == [
        "Ray has no machine for extract_cams (2 cores and 1 GPU); alive: 1 machine with 2 cores. The rest goes on"
    ]
    assert not clock.look(1000, MAPS)
    assert not clock.look(1119, MAPS)
    with pytest.raises(LostError):
        clock.look(1120, MAPS)


def test_without_a_time_it_waits_for_ever(monkeypatch: pytest.MonkeyPatch):
    clock = Clock(monkeypatch, minutes=None)
    assert not any(clock.look(minute * 60, MASKS) for minute in range(1000))
    assert clock.said[0].endswith("alive: none. Waiting for ever (ray.wait_minutes), 0.0 s so far")
    assert len(clock.said) == 1000


@pytest.mark.parametrize("minutes", [0.0, -3.0, math.nan])
def test_a_time_that_is_none_is_refused(minutes: float):
    with pytest.raises(ValueError, match=f"wait: must be above 0, or null to wait for ever, got {minutes:g}"):
        refuse_wait(minutes, name="wait")
    refuse_wait(None, name="wait")
    refuse_wait(0.1, name="wait")
