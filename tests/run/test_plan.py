"""The plan: order, fingerprints, and wishes that cannot be fulfilled."""

from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
from hydra import compose
from PIL import Image
from toy_runs import Run, composed, drawn_index, made

from wsss.cams import GradCAM
from wsss.config.compose import as_typed, composing, resolved
from wsss.engine.stage import Stage
from wsss.errors import ConfigError, DataError
from wsss.run.plan import build_stages, check_readers, check_shares, make_plan
from wsss.store.kinds import INDEX
from wsss.store.store import Store

REFINED = ["refine_cams", "make_masks", "train_segmenter", "predict_masks", "evaluate", "report"]
"""The stages from `refine_cams` on: each reads what one before it made."""


def test_a_stage_that_is_null_is_left_out() -> None:
    config = composed()
    config["pipeline"]["report"] = None
    assert "report" not in build_stages(config["pipeline"])


def test_a_missing_role_is_refused_before_anything_runs(tmp_path: Path) -> None:
    config = composed()
    del config["pipeline"]["make_masks"]["reads"]["maps"]
    with pytest.raises(ConfigError, match=r"pipeline\.make_masks\.reads\.maps: no stage plays this role: "):
        make_plan(config["pipeline"], store=Store.at(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_problem_of_one_training_names_the_key_that_sets_it(tmp_path: Path) -> None:
    with composing():
        config = compose("run", overrides=["segmenter=deeplabv3plus", "fit.segmenter.batch_size=1"])
    with pytest.raises(ConfigError) as caught:
        make_plan(resolved(config)["pipeline"], store=Store.at(tmp_path))
    (problem,) = as_typed(caught.value.problems, config)
    assert problem.startswith("train_segmenter: fit.segmenter.batch_size: 1 leaves a batch norm")


def test_a_batch_divides_among_the_passes_of_all_processes(tmp_path: Path) -> None:
    fresh = Run(store=tmp_path / "store", out=tmp_path / "out", printed="")
    sizes = ("limits.batch_size=null", "fit.classifier.batch_size=6", "fit.segmenter.batch_size=6")
    steps = fresh.plan(*sizes, "fit.classifier.accumulate=2").values()
    check_shares(steps, workers=3)
    with pytest.raises(ConfigError) as caught:
        check_shares(steps, workers=2)
    (problem,) = caught.value.problems
    assert problem.startswith("pipeline.train_classifier.")
    assert problem.endswith("6 images do not divide among 2 devices and 2 passes (accumulate): use 4 or 8")


def test_a_plan_writes_no_artifact(tmp_path: Path) -> None:
    steps = make_plan(composed()["pipeline"], store=Store.at(tmp_path / "store"))
    assert [step.artifact.state() for step in steps] == ["run"] * len(steps)
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["checked.json"]


def test_what_is_cached_is_not_checked_again(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.at(toy_run.copied(tmp_path).store)
    store.checked.unlink()
    checked: list[str] = []
    monkeypatch.setattr(Stage, "check", lambda stage: checked.append(type(stage).__name__))
    make_plan(composed()["pipeline"], store=store)
    assert checked == []
    make_plan(composed("masks=confident")["pipeline"], store=store)
    assert checked == ["MakeMasks", "TrainSegmenter", "PredictMasks", "Evaluate", "MakeReport"]
    make_plan(composed("masks=confident")["pipeline"], store=store)
    assert len(checked) == 5  # they have passed
    make_plan(composed("masks=confident", "runtime.workers=3")["pipeline"], store=store)
    assert len(checked) == 10


def test_new_data_are_read_after_all_was_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photos" / "images").mkdir(parents=True)
    for name in ("a", "b"):
        Image.new("RGB", (8, 8)).save(tmp_path / "photos" / "images" / f"{name}.png")
    (tmp_path / "photos" / "labels.csv").write_text("image,labels\na.png,cat\nb.png,dog\n", encoding="utf-8")
    own = ("dataset=folder", f"dataset.root='{tmp_path / 'photos'}'")
    read: list[Path] = []
    monkeypatch.setattr("wsss.store.digests._hash", lambda path: read.append(path) or "digest")
    pipeline = composed("classifier.backbone=nosuch", "classifier.weights=none", *own, small=False)["pipeline"]
    with pytest.raises(ConfigError, match="no network 'nosuch'"):
        make_plan(pipeline, store=Store.at(tmp_path / "store"))
    assert read == []


def test_data_that_are_not_there_are_named_after_what_is_wrong_otherwise(tmp_path: Path) -> None:
    own = ("dataset=folder", f"dataset.root='{tmp_path / 'nowhere'}'")
    with pytest.raises(ConfigError, match="no network 'nosuch'"):
        make_plan(
            composed("classifier.backbone=nosuch", "classifier.weights=none", *own, small=False)["pipeline"],
            store=Store.at(tmp_path),
        )
    with pytest.raises(DataError, match="nowhere"):
        make_plan(composed(*own, "refine=background", small=False)["pipeline"], store=Store.at(tmp_path))


def test_what_an_index_does_not_allow_is_said_of_all_stages_that_will_read_it(tmp_path: Path) -> None:
    store = Store.at(tmp_path)
    wrong = ("limits.batch_size=null", "fit.classifier.batch_size=4", "fit.segmenter.batch_size=9", "splits.val=test")
    with patch("wsss.run.plan.check_all"):
        steps = make_plan(composed(*wrong)["pipeline"], store=store)
    drawn = drawn_index(store, {i: [[0, 1]] for i in "abcdefgh"})
    drawn.path.rename(steps[0].artifact.path)
    made(steps[0].artifact, INDEX)
    with pytest.raises(ConfigError) as refused:
        check_readers(steps[0], steps)
    remedy = "choose among them with splits.train and splits.val, or list images for it"
    assert refused.value.problems == (
        f"train_classifier: there is no split 'test'; this data set has: train: {remedy}",
        "pipeline.train_segmenter.fit.batch_size: 9 is more than the 8 images of split 'train': use at most 8",
    )
    for step in steps[1:]:
        step.artifact.path.mkdir(parents=True)
        made(step.artifact, step.stage.makes)
    check_readers(steps[0], steps)  # what is there already is not asked again


def prints(*overrides: str, store: Path) -> dict[str, str]:
    """The fingerprints of a run, by stage."""
    steps = make_plan(composed(*overrides)["pipeline"], store=Store.at(store))
    return {step.name: step.artifact.fingerprint for step in steps}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def test_only_what_follows_a_change_gets_another_fingerprint(tmp_path: Path) -> None:
    before = prints(store=tmp_path)
    after = prints("refine.background.threshold=0.9", store=tmp_path)
    assert changed(before, after) == REFINED
    assert prints("runtime.workers=2", "logger=none", "rehash=true", store=tmp_path) == before


def test_a_raised_version_changes_the_artifacts_of_that_method_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {cam: prints(f"cam={cam}", store=tmp_path) for cam in ("cam", "gradcam")}
    monkeypatch.setattr(GradCAM, "version", 2)
    after = {cam: prints(f"cam={cam}", store=tmp_path) for cam in ("cam", "gradcam")}
    assert changed(before["cam"], after["cam"]) == []
    assert changed(before["gradcam"], after["gradcam"]) == ["extract_cams", *REFINED]


MINE = """\
from dataclasses import dataclass
from pathlib import Path
from wsss.masks import MaskRule, strongest

@dataclass(frozen=True, kw_only=True)
class Mine(MaskRule):
    bias: Path

    def content(self):
        return {"bias": (self.bias,)}

    def __call__(self, maps):
        return strongest(maps)[0]
"""


def test_the_code_and_the_files_of_a_part_of_ones_own_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    module, bias, moved = tmp_path / "mymask.py", tmp_path / "bias.txt", tmp_path / "moved.txt"
    module.write_text(MINE, encoding="utf-8")
    bias.write_text("1", encoding="utf-8")

    def mine(file: Path) -> dict[str, str]:
        chosen = ("~masks", "++masks._target_=mymask.Mine", f"++masks.bias='{file}'")
        return prints(*chosen, store=tmp_path / "store")

    before = mine(bias)
    assert mine(bias.rename(moved)) == before
    moved.write_text("2", encoding="utf-8")
    other_file = mine(moved)
    assert changed(before, other_file) == REFINED[1:]
    module.write_text(MINE.replace("[0]", "[0] * 0"), encoding="utf-8")
    assert changed(other_file, mine(moved)) == REFINED[1:]
