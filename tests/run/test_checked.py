"""Stages that passed their checks are known on the same machine, with the same code, options, files and networks."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_runs import Run, networks_of

from wsss.models.base import PlannedNetworks
from wsss.run.checked import Checked
from wsss.run.plan import Step
from wsss.store.sources import Outside


@pytest.fixture
def step(toy_run: Run) -> Step:
    return toy_run.plan()["train_segmenter"]


@pytest.fixture
def networks(toy_run: Run) -> PlannedNetworks:
    return networks_of(toy_run.plan(), "train_segmenter")


@pytest.fixture
def place(step: Step, networks: PlannedNetworks, tmp_path: Path) -> Path:
    """Where the stage is noted under the fingerprint `a`."""
    checked = Checked(tmp_path / "store" / "checked.json")
    assert not checked.has(step.stage, fingerprint="a", networks=networks)
    checked.add(step.stage, fingerprint="a", networks=networks, outside=())
    checked.save()
    return tmp_path / "store" / "checked.json"


def test_only_the_same_stage_has_passed(step: Step, networks: PlannedNetworks, place: Path) -> None:
    checked = Checked(place)
    assert checked.has(step.stage, fingerprint="a", networks=networks)
    assert not checked.has(step.stage, fingerprint="b", networks=networks)
    assert not checked.has(step.stage, fingerprint="a", networks=PlannedNetworks())
    other = replace(step.stage, runtime=replace(step.stage.runtime, device="cpu", workers=7))
    assert not checked.has(other, fingerprint="a", networks=networks)


@pytest.mark.parametrize("change", ["code", "gpus", "worker", "torn", "a list"])
def test_what_passed_elsewhere_does_not_count(
    change: str, step: Step, networks: PlannedNetworks, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    match change:
        case "code":
            monkeypatch.setattr("wsss.run.checked.stamp", lambda: "another")
        case "gpus":
            monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
        case "worker":
            monkeypatch.setenv("WORLD_SIZE", "2")
        case "torn":
            place.write_text("{", encoding="utf-8")
        case _:
            place.write_text("[]", encoding="utf-8")
    assert not Checked(place).has(step.stage, fingerprint="a", networks=networks)


def test_code_from_outside_is_checked_every_time(step: Step, networks: PlannedNetworks, tmp_path: Path) -> None:
    checked = Checked(tmp_path / "checked.json")
    code = Outside(key="segmenter._target_", sources=(), digest="0")
    checked.add(step.stage, fingerprint="a", networks=networks, outside=(code,))
    checked.save()
    assert not (tmp_path / "checked.json").exists()


def test_the_latest_checks_are_kept(
    step: Step, networks: PlannedNetworks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsss.run.checked.MOST", 2)
    place = tmp_path / "checked.json"
    checked = Checked(place)
    for fingerprint in "abc":
        checked.add(step.stage, fingerprint=fingerprint, networks=networks, outside=())
    checked.save()
    again = Checked(place)
    assert [again.has(step.stage, fingerprint=each, networks=networks) for each in "abc"] == [False, True, True]
