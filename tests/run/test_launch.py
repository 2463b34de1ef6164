"""Launchers, and the one of one process."""

from pathlib import Path

import pytest
from toy_runs import Run

from wsss.errors import ConfigError
from wsss.run.launch import Inline, slurm_tasks


def test_inline_runs_a_job_here(toy_run: Run, tmp_path: Path) -> None:
    step = toy_run.copied(tmp_path).plan()["evaluate"]
    step.artifact.manifest_path.unlink()
    with Inline().open() as crew:
        assert crew.leads
        crew.launch(step.artifact.job, stage=step.stage)
    assert step.artifact.state() == "cached"
    assert (step.artifact.path / "log.txt").read_text(encoding="utf-8").endswith("finished\n")


@pytest.mark.parametrize("several", [{"WORLD_SIZE": "2"}, {"SLURM_NTASKS": "2", "SLURM_PROCID": "1"}])
def test_inline_refuses_to_be_one_of_several(several: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in several.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=r"is one process, but .*=2 is set: start one process a machine"):
        Inline().check()


def test_a_job_script_of_slurm_is_one_process_before_srun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_NTASKS", "8")
    monkeypatch.delenv("SLURM_PROCID", raising=False)
    assert slurm_tasks() == 1
    Inline().check()
