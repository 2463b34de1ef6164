"""The plan: order, fingerprints, and wishes that cannot be fulfilled."""

from pathlib import Path

import pytest
from toy_runs import composed

from wsss.artifacts.store import Store
from wsss.errors import ConfigError
from wsss.run.plan import build_stages, in_order, make_plan


def test_a_stage_comes_after_what_it_reads_otherwise_as_given() -> None:
    reads = {"c": {"x": "a"}, "a": {}, "b": {}, "d": {"x": "c", "y": "b"}}
    assert in_order(reads) == ("a", "b", "c", "d")


def test_an_unknown_stage_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"pipeline.b.reads.x: there is no stage 'z'; there are a, b"):
        in_order({"a": {}, "b": {"x": "z"}})


def test_a_circle_is_refused() -> None:
    with pytest.raises(ConfigError, match="in a circle: "):
        in_order({"a": {"x": "b"}, "b": {"x": "a"}})


def test_a_stage_that_is_null_is_left_out() -> None:
    config = composed()
    config["pipeline"]["report"] = None
    assert "report" not in build_stages(config["pipeline"])


def test_a_missing_role_is_refused_before_anything_runs(tmp_path: Path) -> None:
    config = composed()
    del config["pipeline"]["make_masks"]["reads"]["maps"]
    with pytest.raises(ConfigError, match="make_masks: reads: no stage plays the role 'maps'"):
        make_plan(config["pipeline"], store=Store.at(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_plan_writes_no_artifact(tmp_path: Path) -> None:
    steps = make_plan(composed()["pipeline"], store=Store.at(tmp_path / "store"))
    assert [step.artifact.state() for step in steps] == ["run"] * len(steps)
    assert not (tmp_path / "store").exists()


def test_only_what_follows_a_change_gets_another_fingerprint(tmp_path: Path) -> None:
    def prints(*overrides: str) -> dict[str, str]:
        steps = make_plan(composed(*overrides)["pipeline"], store=Store.at(tmp_path))
        return {step.name: step.artifact.fingerprint for step in steps}

    before = prints()
    after = prints("refine.background.threshold=0.9")
    changed = [name for name in before if before[name] != after[name]]
    assert changed == ["refine_cams", "make_masks", "train_segmenter", "predict_masks", "evaluate", "report"]
    assert prints("runtime.workers=2", "logger=none") == before
