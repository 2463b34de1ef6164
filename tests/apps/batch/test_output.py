"""A folder of results: what is foreign, and what of an earlier table counts."""

from pathlib import Path
from typing import Any

import pytest

from wsss.apps.batch.output import Output
from wsss.errors import DataError, StoreError

HEAD = {"model": "m", "fingerprint": "f", "tile": 1024, "names": ["a"]}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    """A folder of which one image has a mask, and another a mask and an overlay."""
    output = Output(folder=tmp_path / "out", name="predictions", parts={"mask": "masks", "overlay": "overlays"})
    rows: list[dict[str, Any]] = [{"image": "x/it's.jpg"}, {"image": "b.jpg"}]
    for row, parts in zip(rows, (("mask", "overlay"), ("mask",)), strict=True):
        for part in parts:
            path = output.file(part, name=Path(row["image"]).stem, suffix=".png")
            path.touch()
            row[part] = output.relative(path)
    output.write_table({**HEAD, "images": rows})
    return output


def test_files_lie_below_the_folder_of_their_part(output: Output):
    path = output.file("overlay", name="y/z", suffix=".jpg")
    assert path == output.folder / "overlays/y/z.jpg"
    assert path.parent.is_dir()
    assert output.relative(path) == "overlays/y/z.jpg"
    assert output.folders == (output.folder / "masks", output.folder / "overlays")


def test_earlier_rows_have_the_same_head_and_all_their_files(output: Output):
    assert list(output.earlier(HEAD)) == ["x/it's.jpg", "b.jpg"]
    assert list(output.earlier({**HEAD, "model": "another name of it"})) == ["x/it's.jpg", "b.jpg"]
    for key, other in (("fingerprint", "g"), ("tile", 512), ("names", ["b"]), ("root", "/")):
        assert output.earlier({**HEAD, key: other}) == {}
    (output.folder / "overlays/it's.png").unlink()
    assert list(output.earlier(HEAD)) == ["b.jpg"]
    assert Output(folder=output.folder / "elsewhere", name="predictions", parts={}).earlier(HEAD) == {}


@pytest.mark.parametrize("table", [[], 7, {}, {**HEAD, "images": 7}, {**HEAD, "images": [{}]}, {**HEAD, "images": [1]}])
def test_a_table_of_another_version_counts_for_nothing(output: Output, table: Any):
    output.table.unlink()
    Output.write_table(output, table) if isinstance(table, dict) else output.table.write_text(repr(table))
    assert output.earlier(HEAD) == {}


def test_a_torn_table_counts_for_nothing(output: Output):
    output.table.write_text(output.table.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert output.earlier(HEAD) == {}
    output.check()


def test_a_place_that_takes_no_files_is_refused_before_time_is_spent(tmp_path: Path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "a", Path("/proc/wsss")):
        with pytest.raises(StoreError, match="cannot be written"):
            Output(folder=place, name="predictions", parts={}).check()
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_files_of_others_are_not_overwritten(output: Output, tmp_path: Path):
    output.check()
    Output(folder=tmp_path / "new", name="predictions", parts=output.parts).check()
    output.table.unlink()
    said = r"out has a folder 'masks' but no predictions\.json.*not a folder of predictions: choose another --out"
    with pytest.raises(DataError, match=said):
        output.check()
