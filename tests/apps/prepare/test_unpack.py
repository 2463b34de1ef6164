"""Archives unpacked: what is wanted and nothing else, below one folder and nowhere else."""

import io
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from benchmark_data import as_archive, files_of, tar_of, zip_of

from wsss.apps.prepare.benchmarks import VOC12
from wsss.apps.prepare.unpack import unpack
from wsss.errors import DataError

FILES = {"kit/a/1.txt": b"one", "kit/2.txt": b"two", "other/3.txt": b"three", "kit2/4.txt": b"four"}


def unpacked(content: bytes, folder: Path, *members: str) -> dict[str, bytes]:
    archive = replace(as_archive(VOC12.archives[0], content), members=members)
    (folder / "archive").write_bytes(content)
    told: list[int] = []
    unpack(archive, folder / "archive", folder / "into", advance=told.append)
    files = files_of(folder / "into")
    assert sum(told) == sum(map(len, files.values()))
    return files


def tar_with(*members: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return packed.getvalue()


def member(name: str, *, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize("content", [tar_of(FILES), tar_of(FILES, kind="gz"), zip_of(FILES)], ids=["tar", "tgz", "zip"])
def test_what_is_wanted_and_nothing_else(content: bytes, tmp_path: Path):
    assert unpacked(content, tmp_path, "kit") == {"kit/a/1.txt": b"one", "kit/2.txt": b"two"}


def test_single_files_and_names_from_a_dot(tmp_path: Path):
    content = tar_with(member("./kit/a"), member("./kit/b"))
    assert list(unpacked(content, tmp_path, "kit/b")) == ["kit/b"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (member("kit/../../out"), "leads out of its folder"),
        (member("kit/link", kind=tarfile.SYMTYPE, link="/etc/passwd"), "'kit/link', which is not a file"),
        (member("kit/hard", kind=tarfile.LNKTYPE, link="kit/a"), "'kit/hard', which is not a file"),
        (member("kit/pipe", kind=tarfile.FIFOTYPE), "'kit/pipe', which is not a file"),
        (member("kit//a"), "does not lead to a file"),
        (member("kit/a\\b"), "holds a character that no name holds here"),
    ],
)
def test_what_could_lie_elsewhere_is_refused(bad: tarfile.TarInfo, words: str, tmp_path: Path):
    with pytest.raises(DataError, match=words):
        unpacked(tar_with(member("kit/a"), bad), tmp_path, "kit")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["/kit/a", "../kit/a", "C:/kit/a"])
def test_names_outside_are_not_wanted(name: str, tmp_path: Path):
    with pytest.raises(DataError, match=r"lacks kit: it is not VOCtrainval"):
        unpacked(tar_with(member(name)), tmp_path, "kit")


def test_links_in_a_zip_are_refused(tmp_path: Path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as written:
        link = zipfile.ZipInfo("kit/link")
        link.external_attr = 0o120777 << 16
        written.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="'kit/link', which is not a file"):
        unpacked(packed.getvalue(), tmp_path, "kit")


TORN = {
    "empty": b"",
    "text": b"not packed",
    "a cut tgz": tar_of(FILES, kind="gz")[:-40],
    "a cut zip": zip_of(FILES)[:40],
}


@pytest.mark.parametrize("content", TORN.values(), ids=list(TORN))
def test_torn_files_are_named(content: bytes, tmp_path: Path):
    with pytest.raises(DataError, match=r"archive (cannot be unpacked .*: delete it, and load it again|lacks kit)"):
        unpacked(content, tmp_path, "kit")


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="holds 'kit/a' twice"):
        unpacked(tar_with(member("kit/a"), member("kit/a")), tmp_path, "kit")
