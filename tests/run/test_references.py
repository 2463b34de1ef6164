"""Which runs refer to what."""

import os
import shutil
from pathlib import Path

import pytest
import yaml

from wsss.errors import StoreError
from wsss.run.names import RECORD
from wsss.run.references import known_users, lost, used_by
from wsss.store.store import Store

A, B = "a" * 16, "b" * 16


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
    one, two = noted(store, tmp_path / "1", A, B), noted(store, tmp_path / "2", B)
    assert used_by(store) == {A: (one,), B: (one, two)}
    assert lost(store) == []


def test_a_run_whose_folder_or_record_is_gone_refers_to_nothing(store: Store, tmp_path: Path):
    one, two = noted(store, tmp_path / "1", A), noted(store, tmp_path / "2", B)
    shutil.rmtree(one)
    (two / RECORD).unlink()
    assert used_by(store) == {}
    assert lost(store) == [one, two]


def test_a_record_that_was_written_again_is_read_again(store: Store, tmp_path: Path):
    one = noted(store, tmp_path / "1", A)
    assert used_by(store) == {A: (one,)}
    noted(store, one, B)
    os.utime(one / RECORD, ns=(0, 1))
    assert used_by(store) == {B: (one,)}


def test_where_a_record_cannot_be_read_nobody_knows_what_is_used(store: Store, tmp_path: Path):
    (noted(store, tmp_path / "1", A) / RECORD).write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match=r"run\.yaml cannot be read"):
        used_by(store)


def test_what_a_run_of_an_older_version_refers_to_is_known(store: Store, tmp_path: Path):
    one = noted(store, tmp_path / "1", A)
    (one / RECORD).write_text("format: 1\nstore: .\nstages: {index_data: aaaaaaaaaaaaaaaa}\n", encoding="utf-8")
    assert used_by(store) == {A: (one,)}


def test_a_store_may_be_moved(store: Store, tmp_path: Path):
    one = noted(store, tmp_path / "1", A)
    store.root.rename(tmp_path / "moved")
    assert used_by(Store(root=tmp_path / "moved")) == {A: (one,)}


def test_a_broken_note_or_record_is_told_and_hides_no_other(store: Store, tmp_path: Path):
    one, two = noted(store, tmp_path / "1", A), noted(store, tmp_path / "2", B)
    (two / RECORD).write_text("stages: {predict_masks: 7}", encoding="utf-8")
    (store.runs / "a folder").mkdir()
    (store.runs / "text").write_bytes(b"\xff\xfe")
    (store.runs / "elsewhere").write_text("/etc", encoding="utf-8")
    os.mkfifo(store.runs / "pipe")
    users, problems = known_users(store)
    assert users == {A: (one,)}
    assert len(problems) == 5
    with pytest.raises(StoreError, match=r"a folder is not the note of a run: delete it, and name its run with --keep"):
        used_by(store)
