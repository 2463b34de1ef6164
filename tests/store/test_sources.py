"""Files outside the store that must stay as they were when a run was planned."""

from pathlib import Path

import pytest

from wsss.errors import DataError
from wsss.store.digests import Digests
from wsss.store.sources import Outside


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abcde":
        (folder / f"{name}.jpg").write_text(name)
    return folder


def planned(photos: Path, store: Path) -> Outside:
    digests = Digests(store / "digests.bin")
    outside = Outside(key="dataset.root", sources=(photos,), digest=digests.of([photos]))
    digests.save()
    return outside


def test_files_outside_are_compared_by_content(photos: Path, tmp_path: Path):
    outside = planned(photos, tmp_path)
    (photos / "a.jpg").write_text("a")  # another time, the same bytes
    outside.check(tmp_path / "digests.bin")
    (photos / "a.jpg").write_text("z")
    with pytest.raises(DataError, match=r"dataset\.root changed after this run was planned: \S+a\.jpg$"):
        outside.check(tmp_path / "digests.bin")
    for name in "bcde":
        (photos / f"{name}.jpg").unlink()
    with pytest.raises(DataError, match=r"c\.jpg and 2 more$"):
        outside.check(tmp_path / "digests.bin")


def test_what_another_run_has_read_since_is_a_change_too(photos: Path, tmp_path: Path):
    outside = planned(photos, tmp_path)
    (photos / "a.jpg").write_text("z")
    planned(photos, tmp_path)
    with pytest.raises(DataError, match=r"photos$"):
        outside.check(tmp_path / "digests.bin")


def test_it_goes_through_a_frozen_job(photos: Path, tmp_path: Path):
    outside = planned(photos, tmp_path)
    assert Outside.of(outside.frozen()) == outside
