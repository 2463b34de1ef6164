"""A run's record as a file, without its stages."""

from pathlib import Path

import pytest
from toy_runs import Run

from wsss.errors import StoreError
from wsss.paths import sha256
from wsss.run.names import RECORD
from wsss.run.run_file import RunFile, manifest_hash, record_hash, referred_in, stages_in


def test_it_names_what_a_run_made_and_where(toy_run: Run) -> None:
    run = RunFile.read(toy_run.out)
    assert (run.folder, run.store.root) == (toy_run.out, toy_run.store)
    assert run.manifests == {name: manifest_hash(run.artifact(name)) for name in run.stages}
    assert all(run.is_as_made(run.artifact(name)) for name in run.stages)
    assert stages_in(toy_run.out) == run.stages
    assert referred_in(toy_run.out) == tuple(run.stages.values())
    assert record_hash(toy_run.out) == sha256(toy_run.out / RECORD)


def test_a_stage_that_the_run_does_not_have_is_said_with_those_that_it_has(toy_run: Run) -> None:
    with pytest.raises(StoreError, match="no stage 'train_recam'; it has: index_data"):
        RunFile.read(toy_run.out).artifact("train_recam")


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    assert stages_in(tmp_path) is None
    with pytest.raises(StoreError, match=r"is not a run: it has no run\.yaml"):
        RunFile.read(tmp_path)
