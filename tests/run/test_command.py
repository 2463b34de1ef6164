"""Hydra around the pipeline: one run, and a sweep."""

import json
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra
from toy_runs import SMALL, Run

from wsss.run.command import overrides_among, run_command


def test_options_of_hydra_are_no_overrides() -> None:
    assert overrides_among(["-m", "--cfg", "job", "cam=cam", "-cn", "other", "a.b=1"]) == ["cam=cam", "a.b=1"]


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
