"""What reads what, in which order, and whether the kinds fit."""

from pathlib import Path
from typing import Any

import pytest
from toy_runs import composed

from wsss.errors import ConfigError
from wsss.run.graph import UNPLAYED, connected, in_order, unknown, unread
from wsss.run.plan import build_stages, make_plan
from wsss.store.store import Store


def stages_of(*overrides: str, **reads: dict[str, Any]) -> dict[str, Any]:
    """The stages of a pipeline, of which some read something else."""
    pipeline = composed(*overrides)["pipeline"]
    for name, roles in reads.items():
        pipeline[name]["reads"] |= roles
    return build_stages(pipeline)


def test_a_stage_comes_after_what_it_reads_otherwise_as_given() -> None:
    reads = {"c": {"x": "a"}, "a": {}, "b": {}, "d": {"x": "c", "y": "b"}}
    assert in_order(reads) == ("a", "b", "c", "d")


def test_an_unknown_stage_is_refused_with_the_known_ones() -> None:
    assert unknown({"a": {}, "b": {"x": "z"}}) == ["pipeline.b.reads.x: there is no stage 'z'; there are a, b"]
    with pytest.raises(ConfigError, match=r"pipeline\.make_masks\.reads\.maps: there is no stage 'nosuch'"):
        connected(stages_of(make_masks={"maps": "nosuch"}))


def test_a_circle_is_refused() -> None:
    with pytest.raises(ConfigError, match="in a circle: "):
        in_order({"a": {"x": "b"}, "b": {"x": "a"}})


@pytest.mark.parametrize(
    ("name", "role", "read", "problem"),
    [
        ("make_masks", "maps", "extract_cams", "extract_cams makes maps without a background; read refine_cams"),
        ("refine_cams", "maps", "refine_cams", "refine_cams makes maps with a background; read extract_cams"),
        ("train_segmenter", "masks", "index_data", "index_data makes an index of images; read make_masks"),
        ("extract_cams", "classifier", "index_data", "index_data makes an index of images; read train_classifier"),
    ],
)
def test_another_kind_than_is_read_is_refused_by_name(name: str, role: str, read: str, problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        connected(stages_of(**{name: {role: read}}))
    assert refused.value.problems == (f"pipeline.{name}.reads.{role}: {problem}",)


def test_what_reads_a_stage_is_not_proposed_to_it() -> None:
    with pytest.raises(ConfigError) as refused:
        connected(stages_of("pipeline.extract_cams=null", "raw_maps=make_masks"))
    assert refused.value.problems == (
        "pipeline.refine_cams.reads.maps: make_masks makes masks; no stage before it makes maps without a background",
    )


def test_several_wrong_kinds_are_named_at_once(tmp_path: Path) -> None:
    pipeline = composed("raw_maps=index_data")["pipeline"]
    pipeline["make_masks"]["reads"]["maps"] = "extract_cams"
    with pytest.raises(ConfigError) as refused:
        make_plan(pipeline, store=Store.at(tmp_path))
    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "pipeline.refine_cams.reads.maps",
        "pipeline.make_masks.reads.maps",
    ]


def test_evaluate_and_report_read_everything_in_order() -> None:
    graph = connected(stages_of("stages=fine"))
    made = [name for name in graph if name not in ("evaluate", "report")]
    assert list(graph["evaluate"].values()) == made
    assert list(graph["report"].values()) == [*made, "evaluate"]
    assert graph["evaluate"]["index"] == "index_data"
    assert {role: read for role, read in graph["evaluate"].items() if role != read} == {"index": "index_data"}
    assert graph["report"]["evaluation"] == "evaluate"


def test_null_takes_a_role_away() -> None:
    graph = connected(stages_of(predict_masks={"classifier": "train_classifier", "prior": None}))
    assert graph["predict_masks"] == {
        "index": "index_data",
        "classifier": "train_classifier",
        "segmenter": "train_segmenter",
    }
    stages = stages_of(make_masks={"maps": None})
    with pytest.raises(
        ConfigError, match=r"pipeline\.make_masks\.reads\.maps: no stage plays this role: .*; read refine_cams"
    ):
        connected(stages)


def test_roles_that_no_stage_plays_are_named_together() -> None:
    with pytest.raises(ConfigError) as caught:
        connected(stages_of(make_masks={"index": None, "maps": None}))
    assert caught.value.problems == (
        f"pipeline.make_masks.reads.index: {UNPLAYED}; read index_data",
        f"pipeline.make_masks.reads.maps: {UNPLAYED}; read refine_cams",
    )


@pytest.mark.parametrize("order", ["lpcam,fine", "fine,lpcam", "amn,fine"])
def test_finer_maps_are_multiplied_with_those_of_whatever_method_there_is(order: str) -> None:
    assert unread(stages_of(f"stages=[{order}]")) == []


def test_a_network_and_maps_that_nothing_reads_are_named_and_ends_are_not() -> None:
    assert unread(stages_of("stages=[recam,representatives]")) == ["train_recam"]
    assert unread(stages_of("stages=fine", combine_maps={"fine": "extract_cams"})) == ["extract_fine"]
    assert unread(stages_of("stages=band")) == []
