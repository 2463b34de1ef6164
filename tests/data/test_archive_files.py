"""What lies in an archive is found where it is, and each archive that cannot be read safely is refused."""

import io
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from archives import tar_of, zip_of

from wsss.data.archive_files import archive_files
from wsss.errors import FileError

FILES = {"a.jpg": b"first", "sub/b.txt": b"", "sub/c.png": b"x" * 2000}


@pytest.mark.parametrize(("pack", "name"), [(tar_of, "a.tar"), (zip_of, "a.zip")])
def test_bytes_lie_where_they_are_told(pack: Callable[..., Path], name: str, tmp_path: Path):
    path = pack(tmp_path / name, FILES)
    whole = path.read_bytes()
    found = archive_files(path)
    assert {name: whole[start : start + size] for name, (start, size) in found.items()} == FILES


def test_names_of_a_tar_of_a_folder_start_at_its_top(tmp_path: Path):
    (tmp_path / "in" / ".hidden").mkdir(parents=True)
    for name in ("a.jpg", "._a.jpg", ".hidden/b.jpg", "n" * 150 + ".jpg"):
        (tmp_path / "in" / name).write_bytes(b"x")
    subprocess.run(["tar", "cf", "a.tar", "-C", "in", "."], cwd=tmp_path, check=True)
    assert sorted(archive_files(tmp_path / "a.tar")) == ["a.jpg", "n" * 150 + ".jpg"]


def test_a_long_name_and_an_empty_zip(tmp_path: Path):
    assert archive_files(zip_of(tmp_path / "a.zip", {})) == {}
    assert list(archive_files(tar_of(tmp_path / "a.tar", {"ü" * 120 + ".jpg": b"x"}))) == ["ü" * 120 + ".jpg"]


def test_compressed_archives_are_refused(tmp_path: Path):
    for mode, words in (("w:gz", "gzip"), ("w:bz2", "bzip2"), ("w:xz", "xz")):
        with tarfile.open(tmp_path / "a.tar", mode) as archive:
            archive.addfile(tarfile.TarInfo("a.jpg"))
        with pytest.raises(FileError, match=rf"a\.tar is compressed \({words}\).*: unpack it"):
            archive_files(tmp_path / "a.tar")
    with pytest.raises(FileError, match=r"holds 'a\.jpg' compressed.*zip -0"):
        archive_files(zip_of(tmp_path / "a.zip", FILES, packing=zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("name", ["../a.jpg", "/a.jpg", "x/../../a.jpg"])
@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_names_that_lead_out_are_refused(pack: Callable[..., Path], name: str, tmp_path: Path):
    with pytest.raises(FileError, match="leads out of its folder; pack names that start from its top"):
        archive_files(pack(tmp_path / "archive", {name: b"x"}))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(kind: bytes, tmp_path: Path):
    member = tarfile.TarInfo("a.jpg")
    member.type, member.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(member)
    with pytest.raises(FileError, match=r"holds 'a\.jpg', which is a link, a device or.*--dereference"):
        archive_files(tmp_path / "a.tar")


def test_links_of_zips_are_refused(tmp_path: Path):
    member = zipfile.ZipInfo("a.jpg")
    member.create_system, member.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(member, "/etc/passwd")
    with pytest.raises(FileError, match="which is a link"):
        archive_files(tmp_path / "a.zip")


def test_two_files_of_one_name_are_refused(tmp_path: Path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("a.jpg", "./a.jpg"):
            archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(FileError, match=r"holds 'a\.jpg' twice: keep one"):
        archive_files(tmp_path / "a.tar")


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_whatever_is_cut_off_is_refused(pack: Callable[..., Path], tmp_path: Path):
    whole = pack(tmp_path / "archive", FILES).read_bytes()
    end = whole.rstrip(b"\0") if pack is tar_of else whole
    for length in range(0, len(end), 7):
        (tmp_path / "archive").write_bytes(whole[:length])
        with pytest.raises(FileError, match=r"is cut off|is not a whole tar or zip|goes on after its end"):
            archive_files(tmp_path / "archive")


def test_joined_tars_and_damaged_headers_are_refused(tmp_path: Path):
    whole = bytearray(tar_of(tmp_path / "a.tar", FILES).read_bytes())
    (tmp_path / "a.tar").write_bytes(whole + whole)
    with pytest.raises(FileError, match=r"goes on after its end at byte [0-9,]+.*tars were joined"):
        archive_files(tmp_path / "a.tar")
    whole[1024 + 100] ^= 1  # in the second header
    (tmp_path / "a.tar").write_bytes(whole)
    with pytest.raises(FileError, match="or is damaged there"):
        archive_files(tmp_path / "a.tar")


def test_a_zip_whose_list_lies_is_refused(tmp_path: Path):
    whole = bytearray(zip_of(tmp_path / "a.zip", {"a.jpg": b"x", "b.jpg": b"y"}).read_bytes())
    second = whole.index(b"PK\x03\x04", 4)
    whole[second : second + 2] = b"KP"
    (tmp_path / "a.zip").write_bytes(whole)
    with pytest.raises(FileError, match=r"does not hold 'b\.jpg' where its list says"):
        archive_files(tmp_path / "a.zip")


def test_a_password_and_a_name_that_is_not_utf_8(tmp_path: Path):
    whole = bytearray(zip_of(tmp_path / "a.zip", {"a.jpg": b"x"}).read_bytes())
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(whole)
    with pytest.raises(FileError, match=r"asks for a password for 'a\.jpg'"):
        archive_files(tmp_path / "a.zip")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("caf\udce9.jpg"))
    (tmp_path / "a.tar").write_bytes(out.getvalue())
    with pytest.raises(FileError, match="which is not UTF-8: rename it"):
        archive_files(tmp_path / "a.tar")
