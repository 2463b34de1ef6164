"""Records are read once by a process, and again when their files have changed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wsss.store import read_once
from wsss.store.read_once import ReadOnce


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(read_once, "SETTLED", -60.0)
    (tmp_path / "record").write_text("one")
    return tmp_path / "record"


@pytest.fixture
def names() -> list[str]:
    """The names of the files that were read."""
    return []


@pytest.fixture
def read(names: list[str]) -> Callable[[Path], str]:
    def read(path: Path) -> str:
        names.append(path.name)
        return path.read_text()

    return read


def test_what_stays_as_it_was_is_read_once(path: Path, read: Callable[[Path], str], names: list[str]) -> None:
    records = ReadOnce(read, most=100)
    assert records.get(path) == records.get(path) == "one"
    assert names == ["record"]


@pytest.mark.parametrize("how", ["longer", "same size and time", "another file"])
def test_what_was_changed_is_read_again(how: str, path: Path, read: Callable[[Path], str]) -> None:
    records = ReadOnce(read, most=100)
    os.utime(path, ns=(0, path.stat().st_mtime_ns - 10**10))
    records.get(path)
    stat = path.stat()
    if how == "another file":
        (path.parent / "other").write_text("two")
        (path.parent / "other").rename(path)
    else:
        path.write_text("longer" if how == "longer" else "two")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert records.get(path) == path.read_text() != "one"


def test_what_may_be_written_in_the_same_moment_is_not_kept(
    path: Path, read: Callable[[Path], str], names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_once, "SETTLED", 60.0)
    records = ReadOnce(read, most=100)
    assert records.get(path) == records.get(path)
    assert names == ["record"] * 2


def test_what_is_gone_or_cannot_be_read_raises_as_ever(path: Path, read: Callable[[Path], str]) -> None:
    records = ReadOnce(read, most=100)
    records.get(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        records.get(path)


def test_what_was_read_last_is_kept(path: Path, read: Callable[[Path], str], names: list[str]) -> None:
    records = ReadOnce(read, most=6)
    paths = [path, path.with_name("second"), path.with_name("third")]
    for each in paths:
        each.write_text("one")
        records.get(each)
    for each in reversed(paths):
        records.get(each)
    assert names == ["record", "second", "third", "record"]
