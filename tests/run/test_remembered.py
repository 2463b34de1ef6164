"""A cost is measured once on a machine, and again where what it depends on is another."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_runs import Run

from wsss.engine.machine import machine
from wsss.run.plan import Step
from wsss.run.remembered import Remembered
from wsss.run.screen import Expectation

COST = Expectation(seconds=2.5, size=10.0, like=0, memory=7)


class Measure:
    def __init__(self, cost: Expectation | None = COST) -> None:
        self.cost, self.asked = cost, 0

    def __call__(self) -> Expectation | None:
        self.asked += 1
        return self.cost


def planned(folder: Path, *overrides: str) -> Step:
    """A training of a run that nobody has begun."""
    return Run(store=folder / "store", out=folder / "out", printed="").plan(*overrides)["train_classifier"]


def numbered(step: Step, number: int) -> Step:
    """The same training with another fingerprint."""
    return replace(step, artifact=replace(step.artifact, fingerprint=f"{number:016}"))


def test_it_is_measured_once(tmp_path: Path):
    place, step = tmp_path / "store" / "measured.json", planned(tmp_path)
    for number, cost in enumerate((COST, None)):
        measure = Measure(cost)
        assert [Remembered(place).of(numbered(step, number), measure) for _ in range(2)] == [cost, cost]
        assert measure.asked == 1


def test_other_options_and_other_machines_are_measured_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place, step, measure = tmp_path / "measured.json", planned(tmp_path), Measure()
    here = machine(torch.device("cpu"))
    others = (here.model_copy(update={"cores": here.cores + 1}), here.model_copy(update={"memory": 12_345}))
    for asked, there in zip((1, 2, 3, 3), (here, *others, here), strict=True):
        monkeypatch.setattr("wsss.run.remembered.machine", lambda _, there=there: there)
        Remembered(place).of(step, measure)
        assert measure.asked == asked
    Remembered(place).of(planned(tmp_path, "limits.epochs=7"), measure)
    assert measure.asked == 4


def test_the_latest_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wsss.run.remembered.MOST", 2)
    place, steps, measure = tmp_path / "measured.json", [numbered(planned(tmp_path), n) for n in range(3)], Measure()
    for step in steps:
        Remembered(place).of(step, Measure())
    for step, asked in ((steps[2], 0), (steps[1], 0), (steps[0], 1)):
        Remembered(place).of(step, measure)
        assert measure.asked == asked


def test_what_is_torn_is_measured_again(tmp_path: Path):
    place, step, measure = tmp_path / "measured.json", planned(tmp_path), Measure()
    Remembered(place).of(step, measure)
    place.write_text(place.read_text()[:-5], encoding="utf-8")
    assert Remembered(place).of(step, measure) == COST
    assert measure.asked == 2
