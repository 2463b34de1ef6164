"""Launchers."""

from pathlib import Path

import pytest
from toy_runs import Run

from wsss.errors import ConfigError
from wsss.run.launch import Inline


def test_inline_runs_a_job_here(toy_run: Run, tmp_path: Path) -> None:
    step = toy_run.copied(tmp_path).plan()["evaluate"]
    step.artifact.manifest_path.unlink()
    Inline().launch(step.artifact.job)
    assert step.artifact.state() == "cached"


def test_inline_refuses_to_be_one_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="WORLD_SIZE=2"):
        Inline().check()
