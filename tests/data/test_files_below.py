"""Which files lie below a folder: links are followed, circles are not."""

import os
from pathlib import Path
from typing import Any

import pytest
from nested import DEEP, TOO_DEEP, flattened, nested

from wsss.data.files_below import files_below
from wsss.errors import DataError


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in files_below(folder)]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two files and a folder with one, and others elsewhere."""
    for name in ("photos/b.txt", "photos/a b.png", "photos/sub/c.png", "elsewhere/d.png", "elsewhere/deep/e.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path / "photos"


def test_own_files_come_before_those_of_folders_and_hidden_ones_are_left_out(photos: Path):
    for name in (".hidden.png", ".cache/x.png", "sub/._c.png"):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).touch()
    assert names(photos) == ["a b.png", "b.txt", "sub/c.png"]


def test_folders_are_looked_into_however_deep(tmp_path: Path):
    nested(tmp_path, DEEP)
    assert names(tmp_path) == ["d/" * DEEP + "x.png"]
    flattened(tmp_path)
    nested(tmp_path, TOO_DEEP)
    with pytest.raises(DataError, match="holds folders too deep to be looked at: move it elsewhere"):
        names(tmp_path)
    flattened(tmp_path)


def test_links_to_folders_and_files_are_followed(photos: Path):
    (photos / "more").symlink_to("../elsewhere")
    (photos / "f.png").symlink_to("../elsewhere/d.png")
    assert names(photos) == ["a b.png", "b.txt", "f.png", "more/d.png", "more/deep/e.png", "sub/c.png"]


@pytest.mark.parametrize("target", [".", "..", "../photos", "sub/.."])
def test_a_link_to_a_folder_that_it_lies_in_is_not_followed(photos: Path, target: str):
    (photos / "loop").symlink_to(target)
    assert names(photos) == ["a b.png", "b.txt", "sub/c.png"]


def test_links_that_lead_to_each_other_end(photos: Path):
    (photos / "more").symlink_to("../elsewhere")
    (photos.parent / "elsewhere" / "back").symlink_to("../photos")
    assert names(photos) == ["a b.png", "b.txt", "more/d.png", "more/deep/e.png", "sub/c.png"]


def test_links_that_lead_nowhere_are_there_to_be_named(photos: Path):
    (photos / "gone.png").symlink_to("nowhere.png")
    (photos / "itself.png").symlink_to("itself.png")
    assert names(photos) == ["a b.png", "b.txt", "gone.png", "itself.png", "sub/c.png"]


def test_a_folder_that_may_not_be_read_is_named(photos: Path, monkeypatch: pytest.MonkeyPatch):
    listed = os.scandir

    def refuse(folder: str) -> Any:
        if Path(folder).name == "sub":
            raise PermissionError(13, "Permission denied", folder)
        return listed(folder)

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(DataError, match=r"photos/sub may not be read by you: change its permissions"):
        names(photos)


def test_a_name_that_is_not_utf8(tmp_path: Path):
    (tmp_path / os.fsdecode(b"K\xfche.png")).touch()
    with pytest.raises(DataError, match=r"holds the name 'K\\udcfche\.png', which is not UTF-8: rename it"):
        list(files_below(tmp_path))
