"""From a run's record to every byte that it made."""

import hashlib
import shutil
from pathlib import Path

import pytest
import yaml
from toy_runs import Run

from wsss.run.chain import check_runs
from wsss.run.names import RECORD
from wsss.store.store import Store
from wsss.store.texts import write_json


@pytest.fixture
def made(toy_run: Run, tmp_path: Path) -> Run:
    """A finished run, moved with its store: the store that its record names is gone."""
    copy = toy_run.copied(tmp_path)
    shutil.copytree(toy_run.out, copy.out)
    record = yaml.safe_load((copy.out / RECORD).read_text(encoding="utf-8"))
    (copy.out / RECORD).write_text(yaml.safe_dump(record | {"store": "/gone"}), encoding="utf-8")
    shutil.rmtree(copy.store / ".runs")
    return copy


def test_a_run_that_is_as_it_was_made_is_told_with_its_hash(made: Run):
    store = Store.at(made.store)
    assert check_runs(store) == []
    (run,) = check_runs(store, named=[made.out])
    assert (run.folder, run.problems) == (made.out, ())
    assert run.digest == hashlib.sha256((made.out / RECORD).read_bytes()).hexdigest()
    store.remember(made.out)
    assert check_runs(store, named=[made.out]) == [run]


def test_a_result_that_is_another_one_than_the_run_made_is_named(made: Run):
    store = Store.at(made.store)
    (artifact,) = store.artifacts("make_masks")
    write_json(artifact.manifest_path, artifact.manifest().model_dump(mode="json") | {"seconds": 0.0})
    (run,) = check_runs(store, named=[made.out])
    assert run.problems == (
        f"make_masks {artifact.fingerprint} is not what this run made: run it again, or do not trust it",
    )
    artifact.manifest_path.unlink()
    assert check_runs(store, named=[made.out])[0].problems == ()


def test_a_torn_record_is_told_and_hides_no_other(made: Run, toy_run: Run, tmp_path: Path):
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / RECORD).write_text("[", encoding="utf-8")
    first, other = check_runs(Store.at(made.store), named=[torn, made.out])
    assert "cannot be read" in first.problems[0]
    assert other.problems == ()


def test_a_copy_of_a_store_does_not_answer_for_runs_of_the_first(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    assert check_runs(Store.at(copy.store)) == []
    assert [run.folder for run in check_runs(Store.at(toy_run.store))][:1] == [toy_run.out]
