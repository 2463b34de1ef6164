"""Paths through archives lead to bytes, as paths through folders do."""

import os
from pathlib import Path

import pytest
from archives import tar_of, zip_of
from data_sets import draw_image

from wsss.data import archives
from wsss.data.archives import (
    files_in,
    is_file,
    is_folder,
    length_of,
    names_below,
    on_disk,
    open_source,
    read_source,
    span_at,
    spanned,
)
from wsss.data.images import find_files, read_image
from wsss.errors import FileError
from wsss.places import Span

FILES = {"labels.csv": b"image,labels\n", "images/a.png": b"12345", "images/sub/b.png": b""}


@pytest.fixture(params=["photos.tar", "photos.ZIP"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    pack = tar_of if request.param.endswith("tar") else zip_of
    return pack(tmp_path / "in.tar" / request.param, FILES)


def test_an_archive_is_a_folder(archive: Path):
    assert is_folder(archive)
    assert is_folder(archive / "images")
    assert is_folder(archive / "images/sub")
    assert not is_folder(archive / "image")
    assert not is_folder(archive / "labels.csv")
    assert is_file(archive / "labels.csv")
    assert not is_file(archive)
    assert not is_file(archive / "images")
    assert not is_file(archive / "labels")
    assert files_in(archive) == ["labels.csv"]
    assert sorted(names_below(archive)) == sorted(FILES)
    assert find_files(archive / "images") == (("a.png", "sub/b.png"), ())
    assert on_disk(archive / "images") == archive


def test_what_lies_in_it_is_read(archive: Path):
    path = archive / "images/a.png"
    assert read_source(path) == b"12345"
    assert length_of(path) == 5
    span = span_at(path)
    assert span is not None
    assert str(span) == str(path)
    assert spanned(path, (span.start, span.size)) == span
    assert span_at(archive) is None
    assert span_at(archive.parent / "no.tar" / "a.png") is None


def test_folders_are_read_as_ever(tmp_path: Path):
    (tmp_path / "b.tar").mkdir()
    (tmp_path / "b.tar" / "a.png").write_bytes(b"abc")
    assert is_folder(tmp_path / "b.tar")
    assert is_file(tmp_path / "b.tar" / "a.png")
    assert list(names_below(tmp_path)) == ["b.tar/a.png"]
    assert files_in(tmp_path / "b.tar") == ["a.png"]
    assert length_of(tmp_path / "b.tar" / "a.png") == 3
    assert on_disk(tmp_path) == tmp_path
    assert spanned(tmp_path / "a", (0, 1)) == tmp_path / "a"


def test_what_is_not_there_is_missing(archive: Path):
    with pytest.raises(FileNotFoundError):
        open_source(archive / "images/c.png")
    with pytest.raises(FileNotFoundError):
        open_source(archive.parent / "c.png")
    with pytest.raises(FileError, match=r"images/c\.png is not there"):
        read_image(archive / "images/c.png")


def test_a_list_is_read_once_and_again_when_the_archive_changed(archive: Path, monkeypatch: pytest.MonkeyPatch):
    read = []
    monkeypatch.setattr(archives, "archive_files", lambda path: read.append(path) or {"a": (0, 1)})
    assert [is_file(archive / "a"), is_file(archive / "a"), len(read)] == [True, True, 1]
    os.utime(archive, ns=(1, 1))
    assert [is_file(archive / "a"), len(read)] == [True, 2]
    archives.forget_lists()
    assert [is_file(archive / "a"), len(read)] == [True, 3]


def test_an_image_is_decoded_and_a_broken_one_is_named_by_its_path(tmp_path: Path):
    draw_image(tmp_path / "a.png", key=0)
    data = (tmp_path / "a.png").read_bytes()
    path = tar_of(tmp_path / "a.tar", {"whole.png": data, "cut.png": data[:60], "empty.png": b"", "text.png": b"text"})
    assert (read_image(path / "whole.png") == read_image(tmp_path / "a.png")).all()
    for name, words in (("cut", "is damaged"), ("empty", "is empty"), ("text", "is not an image")):
        with pytest.raises(FileError, match=rf"a\.tar/{name}\.png {words}"):
            read_image(path / f"{name}.png")


def test_an_archive_that_is_cut_off_afterwards_is_told(archive: Path):
    span = span_at(archive / "images/a.png")
    assert span is not None
    with pytest.raises(FileError, match=r"images/a\.png is damaged .*the archive is cut off"):
        read_image(Span(archive=archive, name=span.name, start=span.start, size=10**9))
