"""Names of shards."""

from pathlib import Path

import pytest

from wsss.data.layouts.shard_names import expanded, is_pattern, shards_at
from wsss.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("train-08.tar", "train-09.tar", "train-10.tar", "val-0.zip", ".hidden.tar", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.tar").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("", ["train-08.tar", "train-09.tar", "train-10.tar", "val-0.zip"]),
        ("train-{08..10}.tar", ["train-08.tar", "train-09.tar", "train-10.tar"]),
        ("{train-09,val-0}.*", ["train-09.tar", "val-0.zip"]),
        ("train-*.tar", ["train-08.tar", "train-09.tar", "train-10.tar"]),
        ("train-0?.tar", ["train-08.tar", "train-09.tar"]),
        ("val-0.zip", ["val-0.zip"]),
        ("test-*.tar", []),
    ],
)
def test_what_a_root_names(pattern: str, names: list[str], folder: Path):
    assert shards_at(folder / pattern) == names
    assert is_pattern(folder / pattern) == any(mark in pattern for mark in "{*?")


def test_a_shard_that_is_missing_is_named(folder: Path):
    with pytest.raises(FileNotFoundError, match=r"train-11\.tar"):
        shards_at(folder / "train-{08..12}.tar")


def test_braces():
    assert list(expanded("a{1..3}{x,y}")) == ["a1x", "a1y", "a2x", "a2y", "a3x", "a3y"]
    assert list(expanded("a{0099..0101}")) == ["a0099", "a0100", "a0101"]
    with pytest.raises(DataError, match="archives: name 100,000 at most"):
        list(expanded("{1..900000000000}"))
