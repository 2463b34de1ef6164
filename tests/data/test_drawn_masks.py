"""Masks that are drawn with an index, kept in files or in archives."""

from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from wsss.data.archives import read_source
from wsss.data.drawn_masks import drawn_masks
from wsss.errors import FileError

MASKS = [(f"masks/{name}.png", name.encode()) for name in ("b", "a", "below/c", "d", "e")]


def kept(folder: Path, *, pack: int | None) -> list[str]:
    with drawn_masks(folder, pack=pack) as masks:
        return [masks.keep(name, data) for name, data in MASKS]


@pytest.mark.parametrize("pack", [None, 1, 2, 5, 9])
def test_each_mask_lies_where_it_is_said_to(pack: int | None, tmp_path: Path):
    paths = kept(tmp_path / "new", pack=pack)
    assert [read_source(tmp_path / "new" / path) for path in paths] == [data for _, data in MASKS]


def test_an_archive_holds_so_many_masks_in_their_order(tmp_path: Path):
    paths = kept(tmp_path, pack=2)
    assert paths[:3] == [f"masks_00000000.zip/{MASKS[0][0]}", f"masks_00000000.zip/{MASKS[1][0]}", paths[2]]
    listed = {}
    for path in sorted(tmp_path.iterdir()):
        with ZipFile(path) as archive:
            listed[path.name] = archive.namelist()
            assert all(each.compress_type == ZIP_STORED for each in archive.infolist())
    names = [name for name, _ in MASKS]
    assert listed == {f"masks_0000000{n}.zip": names[2 * n : 2 * n + 2] for n in range(3)}


def test_archives_depend_on_the_masks_alone(tmp_path: Path):
    for copy in ("1", "2"):
        kept(tmp_path / copy, pack=3)
    first = {path.name: path.read_bytes() for path in (tmp_path / "1").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "2").iterdir()}


def test_without_masks_there_is_no_archive(tmp_path: Path):
    with drawn_masks(tmp_path / "new", pack=2):
        pass
    assert not (tmp_path / "new").exists()


def test_a_file_outside_of_the_folder_is_refused(tmp_path: Path):
    with drawn_masks(tmp_path / "new", pack=None) as masks, pytest.raises(FileError, match="lies outside"):
        masks.keep("../a.png", b"")
