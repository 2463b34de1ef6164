"""Runs of a sweep as they are planned."""

from pathlib import Path

import pytest
from toy_runs import SMALL, Run

from wsss.apps.sweep.planned import Digested, Planner
from wsss.errors import ConfigError

WORDS = tuple(word for word in SMALL if word != "refine=crf")


def test_a_run_has_its_folder_its_words_and_the_fingerprints_of_wsss_run(toy_run: Run, tmp_path: Path) -> None:
    words = (*SMALL, f"store='{toy_run.store}'")
    (run,) = Planner(tmp_path / "mine").planned([words])
    assert (run.number, run.folder, run.words) == (1, tmp_path / "mine" / "1", words)
    prints = {step.name: step.artifact.fingerprint for step in run.steps}
    assert prints == {name: step.artifact.fingerprint for name, step in toy_run.plan().items()}
    assert run.command.startswith("wsss run dataset.train=8 ")
    assert run.store.root == toy_run.store


def test_runs_stand_together_in_the_logger_by_the_name_of_the_sweep(tmp_path: Path) -> None:
    words = ("experiment=toy", "logger=wandb", "logger.mode=disabled", f"store='{tmp_path / 'store'}'")
    planner = Planner(tmp_path / "seeds")
    config = planner.one(words, number=1).config
    assert config["logger"]["group"] == "seeds"
    assert config["pipeline"]["train_classifier"]["runtime"]["logger"]["group"] == "seeds"
    assert planner.one((*words, "logger.group=mine"), number=2).config["logger"]["group"] == "mine"


def test_problems_of_all_runs_are_said_once_with_the_words_of_the_first(tmp_path: Path) -> None:
    store = f"store='{tmp_path / 'store'}'"
    runs = [("experiment=toy", store, f"cam={cam}", "runtime.workers=-1") for cam in ("cam", "fgcam")]
    runs.append(("experiment=toy", store, "cam=fgcam", "classifier=vit_small"))
    with pytest.raises(ConfigError) as refused:
        Planner(tmp_path / "sweep").planned(runs)
    first, *others = refused.value.problems
    assert first.startswith("runtime: workers must be at least 0, got -1 (in experiment=toy")
    assert "cam=cam" in first
    assert len(others) >= 1
    assert all("classifier=vit_small" in problem for problem in others)
    assert not (tmp_path / "store").exists()


def test_what_several_runs_read_is_looked_at_once(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"one")
    digests = Digested(tmp_path / "digests.bin")
    assert digests.known([tmp_path / "image"]) is None
    first = digests.of([tmp_path / "image"])
    (tmp_path / "image").write_bytes(b"another")
    assert digests.of([tmp_path / "image"]) == digests.known([tmp_path / "image"]) == first
    assert Digested(tmp_path / "digests.bin").of([tmp_path / "image"]) != first


def test_a_stage_of_a_sweep_does_not_ask_for_a_cluster_of_its_own(tmp_path: Path) -> None:
    words = ("experiment=toy", "launcher=ray", f"store='{tmp_path / 'store'}'")
    with pytest.raises(ConfigError, match=r"launcher=ray: each stage of a sweep .* with ray.address=auto"):
        Planner(tmp_path / "sweep").one(words, number=1)
