"""Files of an artifact are hashed once by a process, and again as soon as they are others."""

import hashlib
import os
from pathlib import Path

import pytest

from wsss.store import hashed, read_once
from wsss.store.hashed import MANY, found_below, hashes


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def now(folder: Path) -> dict[str, str]:
    found = dict(sorted(found_below(folder)))
    return dict(zip(found, hashes(list(found.values())), strict=True))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read."""
    names: list[str] = []
    whole = hashed._hashed._read

    def counting(path: Path) -> str:
        names.append(path.name)
        return whole(path)

    monkeypatch.setattr(hashed._hashed, "_read", counting)
    return names


def aged(path: Path, text: str) -> None:
    """Write a file that is old enough to be told from one that is written next."""
    path.write_text(text)
    os.utime(path, ns=(0, path.stat().st_mtime_ns - 10**10))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(read_once, "SETTLED", -60.0)
    (tmp_path / "items" / "0a").mkdir(parents=True)
    aged(tmp_path / "items" / "0a" / "one.txt", "one")
    aged(tmp_path / "two.txt", "two")
    return tmp_path


def test_files_lie_below_by_name_and_links_are_not_followed(folder: Path):
    (folder / "more").symlink_to(folder / "items")
    assert sorted(name for name, _ in found_below(folder)) == ["items/0a/one.txt", "more", "two.txt"]
    assert list(found_below(folder / "nowhere")) == []


def test_what_stays_as_it_was_is_read_once(folder: Path, read: list[str]):
    assert now(folder) == now(folder) == {"items/0a/one.txt": digest("one"), "two.txt": digest("two")}
    assert read == ["one.txt", "two.txt"]


@pytest.mark.parametrize("how", ["longer", "same size and time", "another file"])
def test_what_was_changed_is_read_again(folder: Path, how: str):
    now(folder)
    path = folder / "two.txt"
    stat = path.stat()
    if how == "another file":
        aged(folder.parent / "other", "owt")
        (folder.parent / "other").rename(path)
    else:
        path.write_text("longer" if how == "longer" else "owt")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert now(folder)["two.txt"] == digest(path.read_text()) != digest("two")


def test_what_was_written_just_now_is_not_remembered(tmp_path: Path, read: list[str]):
    """A second write within one tick of the clock leaves the same times."""
    (tmp_path / "a.txt").write_text("a")
    now(tmp_path)
    now(tmp_path)
    assert read == ["a.txt", "a.txt"]


@pytest.mark.parametrize(("later", "reads"), [(0.05, 2), (0.2, 1)])
def test_what_was_written_a_moment_ago_is_remembered(
    later: float, reads: int, tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.txt"
    path.write_text("a")
    then = max(path.stat().st_mtime_ns, path.stat().st_ctime_ns) + int(later * 1e9)
    monkeypatch.setattr("wsss.store.read_once.time.time_ns", lambda: then)
    now(tmp_path)
    now(tmp_path)
    assert read == reads * ["a.txt"]


def test_many_files_keep_their_order_on_threads(tmp_path: Path):
    names = [f"{number:03}" for number in range(3 * MANY)]
    for name in names:
        (tmp_path / name).write_text(name)
    assert now(tmp_path) == {name: digest(name) for name in names}
