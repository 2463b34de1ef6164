"""Packs as files: bytes, lists, and what is refused."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from wsss.errors import StoreError
from wsss.places import Member, TornError, open_place
from wsss.store.loose import LOOSE, Parts, members_of, parts_in
from wsss.store.pack_file import PackList, is_pack, listed, members, write_pack

NAMES = [f"{number:03}.png" for number in range(200)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two parts, of which the second has what begins with 1."""
    for first in "01":
        parts = Parts(tmp_path / LOOSE, most=len(NAMES))
        for name in reversed(NAMES):
            if name[0] == first:
                parts.add(name, name.encode() * 3)
        parts.flush()
    return tmp_path


def pack(path: Path, names: Sequence[str]) -> None:
    """Pack these out of the parts beside."""
    found = {each.name: each for part in parts_in(path.parent / LOOSE) for each in members_of(part)[0]}
    write_pack(path, [[found[name]] for name in names])


def test_every_item_is_found_in_its_pack(source: Path):
    for number in range(2):
        pack(source / f"{number}.zip", NAMES[number::2])
    where = listed(source)
    for number, name in enumerate(NAMES):
        member = where.find(name)
        assert isinstance(member, Member)
        assert member.archive == source / f"{number % 2}.zip"
        with open_place(member) as file:
            assert file.read() == name.encode() * 3
    assert where.find("200.png") is None
    assert PackList({}).find("000.png") is None


def test_any_program_reads_it_and_nothing_is_compressed(source: Path):
    pack(source / "0.zip", NAMES)
    with zipfile.ZipFile(source / "0.zip") as archive:
        assert archive.namelist() == NAMES
        assert archive.testzip() is None
        assert archive.read("007.png") == b"007.png" * 3
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_bytes_depend_on_the_items_alone(source: Path, monkeypatch: pytest.MonkeyPatch):
    pack(source / "0.zip", NAMES)
    monkeypatch.setattr("sys.platform", "win32")
    pack(source / "1.zip", NAMES)
    assert (source / "0.zip").read_bytes() == (source / "1.zip").read_bytes()


def test_a_part_that_is_gone_leaves_no_pack(source: Path):
    gone = Member(archive=source / LOOSE / "gone", name="a.png", start=0, size=1, checksum=0)
    with pytest.raises(FileNotFoundError, match="gone"):
        write_pack(source / "0.zip", [[gone]])
    assert [path.name for path in source.iterdir()] == [LOOSE]


def test_the_first_whole_copy_of_an_item_is_packed(source: Path):
    one = members_of(parts_in(source / LOOSE)[0])[0][0]
    torn = replace(one, checksum=one.checksum ^ 1)
    write_pack(source / "0.zip", [[torn, one]])
    assert [each.checksum for each in members(source / "0.zip")] == [one.checksum]
    with pytest.raises(TornError, match="torn"):
        write_pack(source / "1.zip", [[torn]])
    assert not (source / "1.zip").exists()


def test_a_pack_that_was_written_again_is_read_again(source: Path):
    pack(source / "0.zip", NAMES[:3])
    assert listed(source).find(NAMES[3]) is None
    assert listed(source) is listed(source)
    pack(source / "0.zip", NAMES[3:6])
    assert listed(source).find(NAMES[3]) is not None
    assert listed(source).find(NAMES[0]) is None


def test_compressed_archives_and_cut_ones_are_refused(source: Path):
    path = source / "0.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", b"0" * 1000)
    with pytest.raises(StoreError, match=r"0\.zip is not a whole pack .*does not lie in it as it was packed"):
        members(path)
    pack(path, NAMES)
    whole = path.read_bytes()
    assert is_pack(path)
    for kept in (0, 1, 1000, len(whole) - 1):
        path.write_bytes(whole[:kept])
        assert not is_pack(path)
        with pytest.raises(StoreError, match=r"0\.zip is not a whole pack .*delete it and the manifest\.json"):
            listed(source)
