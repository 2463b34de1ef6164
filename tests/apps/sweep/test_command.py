"""`wsss sweep`: words in, finished runs out."""

from pathlib import Path

import pytest
from sweeps import AtOnce
from toy_runs import SMALL, Run

from wsss.apps.sweep import command
from wsss.apps.sweep.command import make_sweep
from wsss.errors import ConfigError
from wsss.run.run_file import RunFile


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AtOnce:
    engine = AtOnce()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "Local", lambda *, jobs: engine)
    return engine


def test_a_sweep_makes_what_is_missing_and_the_same_words_find_all_there(
    engine: AtOnce, toy_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = toy_run.copied(tmp_path)
    words = [*SMALL, f"store='{copy.store}'", "masks=argmax,confident", "until=make_masks"]
    assert make_sweep("masks", [*words, "jobs=2"]) == []
    assert sorted(engine.taken) == ["evaluate", "evaluate", "make_masks", "report", "report"]
    for number, rule in ((1, "Argmax"), (2, "Confident")):
        run = RunFile.read(Path("outputs/sweeps/masks") / str(number))
        assert run.config["masks"]["_target_"].rpartition(".")[2].startswith(rule)
        assert (run.folder / "scores.json").is_file()
        assert (run.folder / "report.html").is_file()
        assert set(run.manifests) == set(run.stages)
    engine.taken.clear()
    assert make_sweep("masks", words) == []
    assert engine.taken == []
    assert capsys.readouterr().out.splitlines()[-1] == str(Path("outputs/sweeps/masks/sweep.html").absolute())
    with pytest.raises(ConfigError, match="holds the sweep of other words"):
        make_sweep("masks", [*words, "cam=gradcam"])


def test_a_plan_makes_nothing(engine: AtOnce, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_sweep("seeds", ["experiment=toy", "random_seed=0,1", "plan=true"]) == []
    assert "17 artifacts in place of 18" in capsys.readouterr().out
    assert engine.taken == []
    assert not Path("outputs/sweeps/seeds/sweep.yaml").exists()


@pytest.mark.usefixtures("engine")
def test_a_plan_of_a_search_is_that_of_a_trial_and_refuses_what_the_search_refuses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["experiment=toy", "search=optuna", "plan=true", "fit.classifier.learning_rate=tag(log,interval(0.01,0.1))"]
    with pytest.raises(ConfigError, match="search=optuna needs an objective"):
        make_sweep("rates", words)
    assert make_sweep("rates", [*words, "objective=train_classifier/val/map", "trials=7"]) == []
    said = capsys.readouterr().out
    assert "plan of 1 runs" in said
    assert "the search makes 7" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["out=here", "random_seed=0,1"], "out=here: each run of a sweep has a folder of its own: leave it out"),
        (["hydra/launcher=joblib"], "hydra/launcher=joblib: these are options of Hydra's own sweeps: leave it out"),
        (["fit.classifier.learning_rate=interval(0.01,0.1)"], "an interval has no end of values"),
        (["cam=cam,fgcm"], "did you mean 'fgcam'"),
    ],
)
@pytest.mark.usefixtures("engine")
def test_words_that_do_not_fit_are_refused(words: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        make_sweep("seeds", ["experiment=toy", *words])
    assert said in str(refused.value)
    assert not Path("outputs").exists()
