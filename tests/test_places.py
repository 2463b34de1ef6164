"""Members of archives are read from where they lie, and nothing else is taken for one."""

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from wsss.places import Member, Place, open_place, size_of


@pytest.fixture
def member(tmp_path: Path) -> Member:
    path = tmp_path / "pack.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("first", b"something before it")
        archive.writestr("кот.png", b"meow")
        entry = archive.getinfo("кот.png")
        archive.writestr("last", b"and after it")
    return Member(archive=path, name="кот.png", start=entry.header_offset, size=4, checksum=zlib.crc32(b"meow"))


def read(place: Place) -> bytes:
    with open_place(place) as file:
        return file.read()


def test_a_member_holds_its_own_bytes(member: Member):
    assert read(member) == b"meow"
    assert size_of(member) == 4
    assert str(member) == f"{member.archive} (кот.png)"


def test_a_file_is_a_place_too(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"abc")
    assert read(tmp_path / "a") == b"abc"
    assert size_of(tmp_path / "a") == 3
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(OSError, match="is a link and not a file"):
        open_place(tmp_path / "link")
    with open_place(tmp_path / "link", links=True) as file:
        assert file.read() == b"abc"


@pytest.mark.parametrize(
    "change", [{"start": 0}, {"start": 7}, {"name": "cat.png"}, {"size": 4000}, {"start": 10**6}, {"checksum": 1}]
)
def test_another_place_is_torn(member: Member, change: dict[str, object]):
    other = replace(member, **change)  # type: ignore[arg-type]
    with pytest.raises(OSError, match=r"torn.*pack\.zip \("):
        read(other)


def test_an_archive_that_is_gone_is_said(member: Member):
    member.archive.unlink()
    with pytest.raises(FileNotFoundError):
        read(member)
