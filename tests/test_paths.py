"""A name from a file leads to a regular file inside its folder, or nowhere."""

import errno
import os
from pathlib import Path

import pytest
from nested import DEEP, TOO_DEEP, nested

from wsss.errors import DataError, OutsideError, StoreError
from wsss.paths import (
    LONGEST,
    NotRegularError,
    entries_below,
    first_link,
    folders_below,
    inside,
    is_regular,
    made_folder,
    name_below,
    open_regular,
    remove,
    sha256,
)

OUT = ["../x", "a/../../x", "..", "/etc/passwd", "a\0", "", "a" * 5000]
STRANGE = ["a\\x", "..\\x", "C:/x", "C:x", "a\nb", "a//b", "./a", "a/", "a/./b", "\x1b[2J"]


@pytest.mark.parametrize("name", [*OUT, *STRANGE])
def test_a_store_takes_no_name_that_leads_elsewhere(name: str, tmp_path: Path):
    with pytest.raises(OutsideError, match="neither read nor deleted") as refused:
        inside(tmp_path, name)
    assert isinstance(refused.value, StoreError)
    assert isinstance(refused.value, DataError)


@pytest.mark.parametrize("name", OUT)
def test_a_data_set_takes_no_name_that_leads_out(name: str, tmp_path: Path):
    with pytest.raises(OutsideError, match="neither read nor deleted"):
        inside(tmp_path, name, links=True)


@pytest.mark.parametrize("name", ["a.png", "a/b c.png", "items/..a", "a%2Eb", ".hidden/é"])
def test_a_name_that_leads_down_is_a_path(name: str, tmp_path: Path):
    assert inside(tmp_path, name) == inside(tmp_path, name, links=True) == tmp_path / name


def test_links_are_followed_in_data_alone(tmp_path: Path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.png").touch()
    root = tmp_path / "root"
    root.mkdir()
    (root / "linked").symlink_to(tmp_path / "there")
    assert inside(root, "linked/a.png", links=True).exists()
    with pytest.raises(OutsideError, match="linked is a link"):
        inside(root, "linked/a.png")
    assert first_link(root, root / "linked" / "a.png") == root / "linked"
    (tmp_path / "root link").symlink_to(root)
    assert first_link(tmp_path / "root link", tmp_path / "root link" / "a") is None


def test_only_regular_files_are_opened(tmp_path: Path):
    file, pipe, link = tmp_path / "file", tmp_path / "pipe", tmp_path / "link"
    file.write_bytes(b"abc")
    os.mkfifo(pipe)
    link.symlink_to(file)
    (tmp_path / "to pipe").symlink_to(pipe)
    with open_regular(file) as opened, open_regular(link, links=True) as other:
        assert opened.read() == other.read() == b"abc"
    assert [is_regular(path) for path in (file, pipe, link, tmp_path, tmp_path / "gone")] == [True, *[False] * 4]
    assert is_regular(link, links=True)
    for path, links in ((pipe, False), (link, False), (tmp_path / "to pipe", True), (Path("/dev/zero"), True)):
        with pytest.raises(NotRegularError, match="and not a file"):
            open_regular(path, links=links)
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "gone")
    assert sha256(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_folders_are_looked_into_and_deleted_however_deep(tmp_path: Path):
    (tmp_path / "a").mkdir()
    nested(tmp_path / "a", DEEP)
    (found,) = entries_below(tmp_path)
    assert len(found.relative_to(tmp_path).parts) == DEEP + 2
    remove(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_folders_too_deep_for_the_system_are_named_and_passed_over_and_can_be_deleted(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").touch()
    nested(tmp_path / "a", TOO_DEEP)
    buried: list[Path] = []
    seen = [here for here, _ in folders_below(tmp_path, too_deep=buried.append)]
    (deep,) = buried
    assert deep.parent == seen[-1]
    assert len(str(deep)) >= LONGEST
    assert list(entries_below(tmp_path)) == [tmp_path / "a" / "file"]
    remove(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_of_deep_folders_links_are_deleted_and_not_what_they_lead_to(tmp_path: Path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text").touch()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "thesis")
    nested(tmp_path / "a", DEEP)
    remove(tmp_path / "a")
    assert [path.name for path in entries_below(tmp_path)] == ["text"]


def test_folders_that_need_too_many_open_files_are_deleted_and_any_other_failure_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fails(_: Path) -> None:
        raise OSError(number, "said")

    monkeypatch.setattr("wsss.paths.shutil.rmtree", fails)
    (tmp_path / "a" / "b").mkdir(parents=True)
    number = errno.EIO
    with pytest.raises(OSError, match="said"):
        remove(tmp_path / "a")
    number = errno.EMFILE
    remove(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_made_where_there_is_nothing_else(tmp_path: Path):
    assert made_folder(tmp_path / "a" / "b").is_dir()
    assert made_folder(tmp_path / "a").is_dir()
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match="is not a folder, which wsss needs there: delete it"):
            made_folder(path)


def test_what_lies_below_a_folder_is_found_without_entering_links(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "thesis").touch()
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a").touch()
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    assert sorted(entries_below(folder)) == [folder / "linked", folder / "sub" / "a"]
    for path in (folder / "linked", folder / "sub", folder / "gone"):
        remove(path)
    assert list(folder.iterdir()) == []
    assert (tmp_path / "elsewhere" / "thesis").exists()


@pytest.mark.parametrize("folder", ["/", "/data", "data"])
def test_a_name_below_a_folder(folder: str):
    assert name_below(Path(folder), str(Path(folder) / "a/b.png")) == "a/b.png"
