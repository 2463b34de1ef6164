"""A cost is measured once on a machine, and again where what it depends on is another."""

from dataclasses import replace
from pathlib import Path

import pytest
from toy_runs import Run

from wsss.run.remembered import Remembered
from wsss.run.screen import Expectation

COST = Expectation(seconds=2.5, size=10.0, like=0, memory=7)


class Measure:
    def __init__(self, cost: Expectation | None = COST) -> None:
        self.cost, self.asked = cost, 0

    def __call__(self) -> Expectation | None:
        self.asked += 1
        return self.cost


def test_it_is_measured_once(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place, step = tmp_path / "store" / "measured.json", toy_run.plan()["train_classifier"]
    for cost in (COST, None):
        measure = Measure(cost)
        other = replace(step, artifact=replace(step.artifact, fingerprint=f"{measure.cost is None:016}"))
        assert [Remembered(place).of(other, measure) for _ in range(2)] == [cost, cost]
        assert measure.asked == 1
    measure = Measure()
    Remembered(place).of(toy_run.plan("limits.epochs=7")["train_classifier"], measure)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(77))
    Remembered(place).of(step, measure)
    assert measure.asked == 2


def test_what_is_torn_is_measured_again(toy_run: Run, tmp_path: Path):
    place, step, measure = tmp_path / "measured.json", toy_run.plan()["train_classifier"], Measure()
    Remembered(place).of(step, measure)
    place.write_text(place.read_text()[:-5], encoding="utf-8")
    assert Remembered(place).of(step, measure) == COST
    assert measure.asked == 2
