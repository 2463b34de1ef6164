"""Ticks in a table that a person, and other programs, may change as well."""

from pathlib import Path

import pytest

from wsss.apps.view.ticks import Ticks, has_ticks
from wsss.errors import DataError

TABLE = '\ufeffimage,class,suggestion,accept\n"a, b.png",bee,add,\n\'=c.png,ant,remove,yes\n'


@pytest.fixture
def ticks(tmp_path: Path) -> Ticks:
    (tmp_path / "tags.csv").write_text(TABLE, encoding="utf-8")
    return Ticks(path=tmp_path / "tags.csv")


def test_rows_are_told(ticks: Ticks):
    first, second = ticks.suspects(3)
    assert (first.table, first.row, first.image, first.words, first.accept) == (
        3,
        0,
        "a, b.png",
        "class bee, suggestion add",
        "",
    )
    assert (second.image, second.accept) == ("=c.png", "yes")


def test_one_cell_is_changed_and_the_file_replaced_as_a_whole(ticks: Ticks):
    before = ticks.path.stat().st_ino
    assert ticks.accept(0, image="a, b.png", accepted=True) == "yes"
    assert ticks.path.stat().st_ino != before
    assert (
        ticks.path.read_text(encoding="utf-8")
        == 'image,class,suggestion,accept\n"a, b.png",bee,add,yes\n\'=c.png,ant,remove,yes\n'
    )
    assert ticks.accept(1, image="=c.png", accepted=False) == ""
    assert [each.accept for each in ticks.suspects(0)] == ["yes", ""]
    assert [path.name for path in ticks.path.parent.iterdir()] == ["tags.csv"]


@pytest.mark.parametrize(("row", "image"), [(0, "=c.png"), (2, "a, b.png"), (-1, "=c.png")])
def test_a_table_that_changed_is_left_alone(ticks: Ticks, row: int, image: str):
    with pytest.raises(DataError, match=r"tags\.csv has changed: load the page again"):
        ticks.accept(row, image=image, accepted=True)
    assert ticks.path.read_text(encoding="utf-8") == TABLE


@pytest.mark.parametrize("text", ["", "image,class\na,b\n", "image,accept\na\n", 'image,accept\n"a,'])
def test_other_tables_have_no_ticks(tmp_path: Path, text: str):
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    assert not has_ticks(tmp_path / "x.csv")
    assert not has_ticks(tmp_path / "none.csv")
