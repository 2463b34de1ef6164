"""Hydra around the pipeline: one run, and a sweep."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hydra.core.global_hydra import GlobalHydra
from toy_runs import SMALL, Run

from wsss.errors import ConfigError
from wsss.run.command import overrides_among, run_command


def test_options_of_hydra_are_no_overrides() -> None:
    assert overrides_among(["-m", "--cfg", "job", "cam=cam", "-cn", "other", "a.b=1"]) == ["cam=cam", "a.b=1"]


@pytest.fixture
def configs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Instead of being run, a config is put here."""
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr("wsss.run.command.run", seen.append)
    monkeypatch.setattr("sys.argv", ["wsss"])
    GlobalHydra.instance().clear()
    return seen


def test_one_run_is_composed_once_and_as_hydra_does(configs: list[dict[str, Any]], tmp_path: Path) -> None:
    arguments = ["experiment=toy", "cam=gradcam", "random_seed=3"]
    run_command(arguments)
    assert sys.argv == ["wsss", *arguments]
    run_command([*arguments, f"hydra.run.dir='{tmp_path}'"])
    assert configs[0] == configs[1]
    assert (configs[0]["name"], configs[0]["random_seed"]) == ("toy", 3)


def test_what_is_hydras_is_left_to_hydra(configs: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["experiment=toy", "--cfg", "job"])
    assert "random_seed: 0" in capsys.readouterr().out
    assert configs == []


def test_a_value_that_cannot_be_resolved_is_named(configs: list[dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match="nosuch"):
        run_command(["name=${nosuch}"])
    assert configs == []


def test_a_sweep_runs_every_value_and_shares_what_is_common(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = toy_run.copied(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["wsss"])
    GlobalHydra.instance().clear()
    run_command([*SMALL, f"store='{copy.store}'", "masks=argmax,confident", "-m"])
    made = sorted((tmp_path / "outputs" / "run").iterdir())
    assert [folder.name for folder in made] == ["1", "2"]
    for folder in made:
        assert "predict_masks" in json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert len(list((copy.store / "extract_cams").iterdir())) == 1
    assert len(list((copy.store / "make_masks").iterdir())) == 2
