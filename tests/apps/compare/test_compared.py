"""What is read of the runs that are compared."""

from pathlib import Path

import pytest
from compared_runs import by_hand

from wsss.apps.compare.compared import flat, read_runs
from wsss.errors import StoreError


def test_flat_keeps_lists_and_empty_groups():
    assert flat({"a": {"b": [1, 2], "c": {}}, "d": None}) == {"a.b": [1, 2], "a.c": {}, "d": None}


def test_one_run_and_no_run_are_refused(folders: list[Path], tmp_path: Path):
    with pytest.raises(StoreError, match="at least two runs"):
        read_runs(folders[:1])
    with pytest.raises(StoreError, match="is not a run"):
        read_runs([folders[0], tmp_path])


def test_a_run_that_is_named_twice_is_refused(folders: list[Path]):
    with pytest.raises(StoreError, match="is named twice"):
        read_runs([folders[0], folders[1], folders[0] / ".." / folders[0].name])


def test_names_are_whole_paths_where_their_ends_are_the_same(tmp_path: Path):
    twins = [by_hand(tmp_path / place / "run" / "1", images={}, miou=0.1) for place in ("here", "there")]
    assert [run.name for run in read_runs(twins)] == [str(folder) for folder in twins]
