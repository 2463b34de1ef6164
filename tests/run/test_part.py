"""Runs of a part of the pipeline."""

import shutil
from pathlib import Path

import pytest
from toy_runs import SMALL, Run, composed

from wsss.errors import ConfigError
from wsss.run.command import run_command
from wsss.run.part import check_from, up_to
from wsss.run.plan import build_stages

EVERY = [name for name, node in composed()["pipeline"].items() if node is not None]
"""The stages of the default pipeline."""
READS = {"a": {}, "b": {"x": "a"}, "c": {"x": "b"}, "aside": {}, "scores": {"c": "c", "aside": "aside"}}


@pytest.mark.parametrize(
    ("last", "left"),
    [
        ("index_data", ["index_data", "evaluate", "report"]),
        ("make_masks", [*EVERY[:5], "evaluate", "report"]),
        ("train_segmenter", [*EVERY[:6], "evaluate", "report"]),
        ("evaluate", [*EVERY[:7], "evaluate"]),
        ("report", EVERY),
    ],
)
def test_what_a_stage_needs_is_left_and_what_scores_it(last: str, left: list[str]) -> None:
    assert list(up_to(build_stages(composed()["pipeline"]), last)) == left


@pytest.mark.parametrize("key", ["until", "from"])
def test_an_unknown_stage_is_answered_with_the_nearest(key: str, toy_run: Run) -> None:
    with pytest.raises(ConfigError, match=rf"{key}: there is no stage 'make_mask'; did you mean 'make_masks'\?"):
        run_command([*SMALL, *toy_run.overrides, f"{key}=make_mask", "plan=true"])


def test_a_start_needs_what_was_before_it() -> None:
    check_from("b", READS, missing=["b", "scores"])
    check_from("a", READS, missing=[])
    with pytest.raises(ConfigError, match="since aside is not made yet: run without from, or with until=aside first"):
        check_from("b", READS, missing=["b", "c", "aside", "scores"])
    with pytest.raises(ConfigError, match="since a, b are not made yet: run without from, or with until=b first"):
        check_from("c", READS, missing=["a", "b", "c", "scores"])


def test_a_run_of_a_part_ends_with_a_report_and_the_whole_goes_on_from_it(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    shutil.rmtree(copy.store / "report")
    assert "report.html" in copy.again("until=make_masks")
    assert "report.html" in copy.again("from=report")


def test_what_is_missing_before_the_start_is_named(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    shutil.rmtree(copy.store / "make_masks")
    with pytest.raises(ConfigError, match="cannot start at 'train_segmenter', since make_masks is not made yet"):
        copy.again("from=train_segmenter")
