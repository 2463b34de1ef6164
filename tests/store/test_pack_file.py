"""Packs as files: bytes, lists, and what is refused."""

import zipfile
from pathlib import Path

import pytest

from wsss.errors import StoreError
from wsss.places import Member, open_place
from wsss.store.pack_file import PackList, is_pack, listed, members, write_pack

NAMES = [f"{number:03}.png" for number in range(200)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).write_bytes(name.encode() * 3)
    return tmp_path


def test_every_item_is_found_in_its_pack(source: Path):
    for number in range(2):
        write_pack(source / f"{number}.zip", NAMES[number::2], source=source)
    where = listed(source)
    for number, name in enumerate(NAMES):
        member = where.find(name)
        assert isinstance(member, Member)
        assert member.archive == source / f"{number % 2}.zip"
        with open_place(member) as file:
            assert file.read() == name.encode() * 3
    assert where.find("200.png") is None
    assert PackList([]).find("000.png") is None


def test_any_program_reads_it_and_nothing_is_compressed(source: Path):
    write_pack(source / "0.zip", NAMES, source=source)
    with zipfile.ZipFile(source / "0.zip") as archive:
        assert archive.namelist() == NAMES
        assert archive.testzip() is None
        assert archive.read("007.png") == b"007.png" * 3
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_bytes_depend_on_the_items_alone(source: Path, monkeypatch: pytest.MonkeyPatch):
    write_pack(source / "0.zip", NAMES, source=source)
    monkeypatch.setattr("sys.platform", "win32")
    (source / "000.png").touch()
    write_pack(source / "1.zip", NAMES, source=source)
    assert (source / "0.zip").read_bytes() == (source / "1.zip").read_bytes()


def test_an_item_that_is_gone_leaves_no_pack(source: Path):
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        write_pack(source / "0.zip", [*NAMES, "gone.png"], source=source)
    assert sorted(path.name for path in source.iterdir()) == NAMES


def test_a_pack_that_was_written_again_is_read_again(source: Path):
    write_pack(source / "0.zip", NAMES[:3], source=source)
    assert listed(source).find(NAMES[3]) is None
    assert listed(source) is listed(source)
    write_pack(source / "0.zip", NAMES[3:6], source=source)
    assert listed(source).find(NAMES[3]) is not None
    assert listed(source).find(NAMES[0]) is None


def test_compressed_archives_and_cut_ones_are_refused(source: Path):
    path = source / "0.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", b"0" * 1000)
    with pytest.raises(StoreError, match=r"0\.zip is not a whole pack .*does not lie in it as it was packed"):
        members(path)
    write_pack(path, NAMES, source=source)
    whole = path.read_bytes()
    assert is_pack(path)
    for kept in (0, 1, 1000, len(whole) - 1):
        path.write_bytes(whole[:kept])
        assert not is_pack(path)
        with pytest.raises(StoreError, match=r"0\.zip is not a whole pack .*delete it and the manifest\.json"):
            listed(source)
