"""Digests of files outside the store: what is read, when it is read again, and what is said to have changed."""

import os
from pathlib import Path
from typing import Any

import pytest

from wsss.errors import DataError
from wsss.store import digests as module
from wsss.store.digests import Digests


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "sub").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("one")
    (tmp_path / "data" / "sub" / "b.txt").write_text("two")
    return tmp_path / "data"


def digest(*sources: Path) -> str:
    return Digests(Path("none.json")).of(sources)


def test_digests_follow_the_content_and_neither_time_nor_place(folder: Path, tmp_path: Path):
    before = digest(folder)
    os.utime(folder / "a.txt", (0, 0))
    assert digest(folder) == before
    moved = folder.rename(tmp_path / "moved")
    assert digest(moved) == before
    (moved / ".hidden").touch()
    (moved / ".git").mkdir()
    (moved / ".git" / "index").touch()
    assert digest(moved) == before
    (tmp_path / "link").symlink_to(moved)
    assert digest(tmp_path / "link") == before


@pytest.mark.parametrize("change", ["byte", "name", "place", "more", "less"])
def test_digests_notice_every_change(folder: Path, change: str):
    before = digest(folder)
    match change:
        case "byte":
            (folder / "a.txt").write_text("One")
        case "name":
            (folder / "a.txt").rename(folder / "c.txt")
        case "place":
            (folder / "a.txt").rename(folder / "sub" / "a.txt")
        case "more":
            (folder / "empty").touch()
        case _:
            (folder / "a.txt").unlink()
    assert digest(folder) != before


def test_a_file_that_moves_between_sources_is_noticed(tmp_path: Path):
    images, masks = tmp_path / "images", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    (images / "a.png").write_text("a")
    (images / "b.png").write_text("b")
    before = digest(images, masks)
    (images / "b.png").rename(masks / "b.png")
    assert digest(images, masks) != before
    assert digest(masks, images) != digest(images, masks)


def test_the_name_of_a_single_file_does_not_count(tmp_path: Path):
    (tmp_path / "weights.pt").write_text("w")
    before = digest(tmp_path / "weights.pt")
    assert digest((tmp_path / "weights.pt").rename(tmp_path / "resnet.pt")) == before


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read, in order."""
    names: list[str] = []
    whole = module.hashlib.file_digest

    def counting(file: Any, name: str) -> Any:
        names.append(Path(file.name).name)
        return whole(file, name)

    monkeypatch.setattr(module.hashlib, "file_digest", counting)
    return names


def now(folder: Path, *, rehash: bool = False) -> str:
    """The digest of a folder, remembered in a store beside it."""
    digests = Digests(folder.parent / "store" / "digests.bin", rehash=rehash)
    digest = digests.of([folder])
    digests.save()
    return digest


def test_files_are_read_again_only_when_size_or_time_changed(folder: Path, read: list[str]):
    before = now(folder)
    assert read == ["a.txt", "b.txt"]
    assert now(folder) == before
    assert read == ["a.txt", "b.txt"]
    stat = (folder / "a.txt").stat()
    (folder / "a.txt").write_text("eno")
    os.utime(folder / "a.txt", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert now(folder) != before
    assert read == ["a.txt", "b.txt", "a.txt"]


@pytest.mark.parametrize("replaced", [False, True], ids=["written into", "another file in its place"])
def test_a_file_of_the_same_size_and_time_is_read_again(folder: Path, replaced: bool):
    """Times can be set back, but not that of the change itself; a file that is moved to a place is another inode."""
    before = now(folder)
    file = folder / "a.txt"
    stat = file.stat()
    if replaced:
        (folder.parent / "other.txt").write_text("eno")
        os.utime(folder.parent / "other.txt", ns=(stat.st_atime_ns, stat.st_mtime_ns))
        (folder.parent / "other.txt").rename(file)
    else:
        file.write_text("eno")
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    assert now(folder) != before


def test_everything_is_read_again_once_where_that_is_asked_for(folder: Path, tmp_path: Path, read: list[str]):
    before = now(folder)
    digests = Digests(tmp_path / "store" / "digests.bin", rehash=True)
    assert not digests.know([folder])
    assert digests.of([folder]) == digests.of([folder]) == before
    assert digests.changed == []
    assert read == ["a.txt", "b.txt"] * 2


def test_a_source_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"nowhere does not exist: check `dataset\.root`"):
        digest(tmp_path / "nowhere")


def test_what_was_read_and_is_as_it_was_is_known(folder: Path, tmp_path: Path):
    cache = tmp_path / "store" / "digests.bin"
    assert not Digests(cache).know([folder])
    assert Digests(cache).know([])
    assert not Digests(cache).know([tmp_path / "nowhere"])
    digests = Digests(cache)
    digests.of([folder])
    digests.save()
    assert Digests(cache).know([folder, folder / "a.txt"])
    (folder / "c.txt").write_text("new")
    assert not Digests(cache).know([folder])


def test_files_that_changed_since_they_were_read_are_named(folder: Path, tmp_path: Path):
    cache = tmp_path / "store" / "digests.bin"

    def changed() -> list[Path]:
        digests = Digests(cache)
        digests.of([folder])
        digests.save()
        return digests.changed

    assert changed() == []  # read for the first time
    assert changed() == []
    (folder.parent / "dat").mkdir()
    (folder.parent / "dat" / "new.txt").touch()
    beside = Digests(cache)
    beside.of([folder.parent / "dat"])
    assert beside.changed == []
    os.utime(folder / "a.txt", (0, 0))
    assert changed() == []
    (folder / "a.txt").write_text("longer")
    (folder / "sub" / "b.txt").unlink()
    (folder / "c.txt").write_text("new")
    assert changed() == [folder / name for name in ("a.txt", "c.txt", "sub/b.txt")]
    assert changed() == []
