"""A search: asynchronous, goes on where it stopped, prunes after the first seed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sweeps import AtOnce, planned, stage

from wsss.apps.sweep.combinations import Words
from wsss.apps.sweep.graph import Graph
from wsss.apps.sweep.making import Making
from wsss.apps.sweep.options import SweepOptions
from wsss.apps.sweep.planned import PlannedRun, Planner
from wsss.apps.sweep.search import Search, states, study_in
from wsss.apps.sweep.space import Space
from wsss.apps.sweep.sweep_folder import SweepFolder
from wsss.errors import ConfigError

KEY = "fit.classifier.learning_rate"


class Stub(Planner):
    """Plans runs of one stage, whose score is the rate, and what is given for its random seed."""

    def __init__(self, folder: Path, *, noise: Sequence[int] = (0, 0, 0), refuses: Sequence[int] = ()) -> None:
        super().__init__(folder)
        self._folder, self._noise, self._refuses, self._calls = folder, noise, refuses, 0

    def one(self, words: Words, *, number: int) -> PlannedRun:
        rate = float(next(word.partition("=")[2] for word in words if word.startswith(KEY)))
        seed = int(next((word.partition("=")[2] for word in words if word.startswith("random_seed")), "0"))
        self._calls += 1
        if self._calls in self._refuses:
            raise ConfigError(["this does not fit"])
        return planned(self._folder, number, only=stage(value=int(1000 * rate) + self._noise[seed], scored=True))


def searching(folder: Path, *, planner: Planner | None = None, width: int = 1, **options: Any) -> Making:
    sweep = SweepFolder(path=folder)
    source = Search(
        study_in(sweep, maximise=True),
        planner or Stub(folder),
        objective="only/val/map",
        space=Space.of(["experiment=toy", f"{KEY}=interval(0.1,0.9)"]),
        words=("words",),
        options=SweepOptions(search="optuna", **{"trials": 3, **options}),
        width=width,
    )
    return Making(folder=sweep, source=source, engine=AtOnce(), graph=Graph())


def values_of(making: Making, *names: Any) -> list[float]:
    return [trial.value for trial in study(making).get_trials(states=states(*names))]


def study(making: Making) -> Any:
    assert isinstance(making.source, Search)
    return making.source.study


def test_trials_are_asked_told_and_the_best_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    making = searching(tmp_path)
    making.all()
    values = values_of(making, "COMPLETE")
    assert len(values) == 3
    (said,) = making.source.said()
    assert said.startswith(f"best: trial {values.index(max(values))} (runs {values.index(max(values)) + 1}), ")
    assert f"{KEY}=0." in said
    assert "oracle" not in said
    assert "trial 0 is finished (runs 1): " in capsys.readouterr().out
    assert len(making.folder.runs()) == 3
    assert " %: " in said
    assert isinstance(making.source, Search)
    making.source._objective = "choose_threshold/train/evidence"
    assert " %" not in making.source.said()[0]


def test_a_search_goes_on_and_draws_other_values(tmp_path: Path):
    searching(tmp_path, trials=2).all()
    longer = searching(tmp_path, trials=4)
    longer.all()
    values = values_of(longer, "COMPLETE")
    assert len(set(values)) == 4
    again = searching(tmp_path, trials=4)
    again.all()
    assert values_of(again, "COMPLETE") == values


def test_a_trial_that_was_at_work_is_asked_again_and_keeps_its_run(tmp_path: Path):
    stopped = searching(tmp_path, trials=1)
    assert len(stopped.source.more(Graph())) == 1
    before = stopped.folder.runs()
    making = searching(tmp_path, trials=1)
    assert [trial.state for trial in study(making).trials] == [*states("FAIL"), *states("WAITING")]
    making.all()
    assert making.folder.runs() == before
    assert len(values_of(making, "COMPLETE")) == 1


def test_a_value_is_the_mean_over_seeds(tmp_path: Path):
    making = searching(tmp_path, planner=Stub(tmp_path, noise=(0, 30, 60)), trials=1, seeds=3)
    making.all()
    rate = study(making).trials[0].params[KEY]
    assert values_of(making, "COMPLETE") == [pytest.approx((int(1000 * rate) + 30) / 1000)]
    assert [words[-1] for words in making.folder.runs().values()] == [f"random_seed={seed}" for seed in range(3)]
    assert study(making).trials[0].user_attrs["runs"] == [1, 2, 3]


def test_a_trial_whose_first_seed_lies_far_behind_is_pruned(tmp_path: Path):
    making = searching(tmp_path, planner=Stub(tmp_path, noise=(0, 2, 4)), trials=7, seeds=3)
    for rate in (0.5, 0.6, 0.598, 0.594, 0.59, 0.3, 0.7):  # one deviation is 0.002, and the best mean 0.602
        study(making).enqueue_trial({KEY: rate})
    making.all()
    found = [trial.state.name for trial in study(making).trials]
    assert found == ["COMPLETE", "COMPLETE", "COMPLETE", "PRUNED", "PRUNED", "PRUNED", "COMPLETE"]
    assert len(making.folder.runs()) == 4 * 3 + 3


def test_trials_run_beside_each_other_and_a_failure_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    making = searching(tmp_path, planner=Stub(tmp_path, refuses=(2,)), width=2, trials=3)
    assert len(making.source.more(Graph())) == 1
    assert len(making.source.more(Graph())) == 1  # after one that failed at once
    assert making.source.more(Graph()) == []
    assert "trial 1 failed: this does not fit" in capsys.readouterr().out
    assert not making.source.is_over()
    assert len(making.folder.runs()) == 2
