"""Which runs refer to what."""

import os
import shutil
from pathlib import Path

import pytest
import yaml

from wsss.errors import StoreError
from wsss.run.names import RECORD
from wsss.run.references import lost, used_by
from wsss.store.store import Store


def noted(store: Store, folder: Path, *fingerprints: str) -> Path:
    """The record of a run, as it is written before the run is made."""
    folder.mkdir(exist_ok=True)
    stages = {f"stage {i}": name for i, name in enumerate(fingerprints)}
    record = {"format": 1, "store": str(store.root), "stages": stages, "makes": {}, "config": {}}
    (folder / RECORD).write_text(yaml.safe_dump(record), encoding="utf-8")
    store.remember(folder)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "store").mkdir()
    return Store(root=tmp_path / "store")


def test_runs_are_named_for_what_they_refer_to(store: Store, tmp_path: Path):
    one, two = noted(store, tmp_path / "1", "aa", "bb"), noted(store, tmp_path / "2", "bb")
    assert used_by(store) == {"aa": (one,), "bb": (one, two)}
    assert lost(store) == []


def test_a_run_whose_folder_or_record_is_gone_refers_to_nothing(store: Store, tmp_path: Path):
    one, two = noted(store, tmp_path / "1", "aa"), noted(store, tmp_path / "2", "bb")
    shutil.rmtree(one)
    (two / RECORD).unlink()
    assert used_by(store) == {}
    assert lost(store) == [one, two]


def test_a_record_that_was_written_again_is_read_again(store: Store, tmp_path: Path):
    one = noted(store, tmp_path / "1", "aa")
    assert used_by(store) == {"aa": (one,)}
    noted(store, one, "bb")
    os.utime(one / RECORD, ns=(0, 1))
    assert used_by(store) == {"bb": (one,)}


def test_where_a_record_cannot_be_read_nobody_knows_what_is_used(store: Store, tmp_path: Path):
    (noted(store, tmp_path / "1", "aa") / RECORD).write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match=r"run\.yaml is torn"):
        used_by(store)


def test_what_a_run_of_an_older_version_refers_to_is_known(store: Store, tmp_path: Path):
    one = noted(store, tmp_path / "1", "aa")
    (one / RECORD).write_text("format: 1\nstore: .\nstages: {index_data: aa}\n", encoding="utf-8")
    assert used_by(store) == {"aa": (one,)}


def test_a_store_may_be_moved(store: Store, tmp_path: Path):
    one = noted(store, tmp_path / "1", "aa")
    store.root.rename(tmp_path / "moved")
    assert used_by(Store(root=tmp_path / "moved")) == {"aa": (one,)}
