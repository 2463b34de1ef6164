"""The score that a search looks at: refused early where it cannot be, and returned by the run."""

import json
from pathlib import Path

import pytest
from toy_runs import Run, composed, drawn_index

from wsss.errors import ConfigError, DataError
from wsss.run.objective import check_masks, check_objective, is_oracle, rises
from wsss.run.pipeline import prepare, run
from wsss.run.plan import Step
from wsss.stages.index_data import IndexData
from wsss.store.store import Store


@pytest.mark.parametrize(
    "objective",
    [
        *(None, "predict_masks/val/miou", "train_classifier/val/map", "make_masks/train/fn"),
        *("predict_masks/val/tag_f1", "predict_masks/train/agreement"),
    ],
)
def test_scores_of_the_pipeline_can_be_asked_for(objective: str | None, toy_run: Run) -> None:
    check_objective(objective, list(toy_run.plan().values()))


@pytest.mark.parametrize(
    "objective",
    ["miou", "predict_mask/val/miou", "predict_masks/test/miou", "predict_masks/val/loss", "report/val/miou"],
)
def test_others_are_refused_with_those_there_are(objective: str, toy_run: Run) -> None:
    with pytest.raises(ConfigError, match=f"objective: .*'{objective}'.* it has .*predict_masks/val/miou"):
        check_objective(objective, list(toy_run.plan().values()))


def test_scores_without_masks_are_offered_where_the_stages_have_them(toy_run: Run) -> None:
    steps = list(toy_run.plan("stages=[scales,threshold]", "refine=auto").values())
    for objective in ("extract_half/train/agreement", "choose_threshold/train/evidence"):
        check_objective(objective, steps)
        assert not is_oracle(objective)
        assert rises(objective)
    for objective in ("predict_masks/val/agreement", "extract_cams/train/agreement", "make_masks/train/tag_f1"):
        with pytest.raises(ConfigError, match="this run has no score"):
            check_objective(objective, steps)


def test_a_near_miss_and_a_run_without_scores(toy_run: Run) -> None:
    steps = toy_run.plan()
    with pytest.raises(ConfigError, match="did you mean predict_masks/val/miou"):
        check_objective("predict_masks/val/miuo", list(steps.values()))
    with pytest.raises(ConfigError, match="it has no stage evaluate"):
        check_objective("predict_masks/val/miou", [steps["index_data"]])


def test_a_stage_that_is_not_there_is_told_with_what_adds_it(toy_run: Run) -> None:
    steps = list(toy_run.plan().values())
    with pytest.raises(
        ConfigError, match=r"'extract_half/train/agreement'; stages=scales adds the stage extract_half \(in a list"
    ):
        check_objective("extract_half/train/agreement", steps)
    with pytest.raises(ConfigError, match=r"; stages=threshold refine=auto adds the stage choose_threshold \("):
        check_objective("choose_threshold/train/evidence", steps)


def test_a_stage_that_until_leaves_out_is_told(toy_run: Run) -> None:
    config = composed(*toy_run.overrides, "stages=scales", "until=make_masks", "objective=extract_half/train/agreement")
    with pytest.raises(ConfigError, match=r"`until` leaves extract_half out: set until=null, or another stage; it has"):
        prepare(config)


def test_a_score_that_needs_masks_is_refused_once_the_data_are_known(toy_run: Run, tmp_path: Path) -> None:
    store = Store.at(tmp_path)
    index = toy_run.plan()["index_data"]
    assert isinstance(index.stage, IndexData)
    masks = {"a": [[0, 1]], "b": None, "c": None}
    made = Step(
        name="index_data",
        config={},
        stage=index.stage,
        artifact=drawn_index(store, masks, train=("a", "c"), val=("b",)),
        inputs={},
        identity="0" * 16,
    )
    check_masks("make_masks/train/miou", made)
    check_masks("train_classifier/val/map", made)
    check_masks(None, made)
    with pytest.raises(DataError, match="no image of split 'val'"):
        check_masks("predict_masks/val/miou", made)


def test_a_run_returns_its_objective(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    objective = run(composed(*copy.overrides, "objective=predict_masks/val/miou")).objective
    scores = json.loads((copy.out / "scores.json").read_text(encoding="utf-8"))
    assert objective == scores["predict_masks"]["val"]["miou"]
    assert run(composed(*copy.overrides, "objective=predict_masks/val/miou", "plan=true")) is None


@pytest.mark.parametrize(
    ("objective", "oracle", "rising"),
    [
        ("train_classifier/val/map", False, True),
        ("predict_masks/val/miou", True, True),
        ("make_masks/train/fp", True, False),
        ("make_masks/train/fn", True, False),
    ],
)
def test_an_objective_reads_masks_or_not_and_rises_or_falls(objective: str, oracle: bool, rising: bool) -> None:
    assert (is_oracle(objective), rises(objective)) == (oracle, rising)
