"""A label file is written anew with what was accepted; whatever does not fit is refused with its line."""

import json
from pathlib import Path

import pytest

from wsss.apps.audit.mending import fix
from wsss.data.layouts.label_file import read_labels
from wsss.data.layouts.label_row import LabelRow
from wsss.errors import DataError

LABELS = "image,labels,split\na.jpg,cat;dog,train\nb/c.png,,val\n=1.jpg,dog,train\n"
HEADER = "image,class,suggestion,accept,rank\n"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(LABELS, encoding="utf-8")
    return path


def table(folder: Path, *rows: str) -> Path:
    path = folder / "tags.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def names(path: Path, **options: object) -> dict[str, tuple[str, ...]]:
    rows = read_labels(path, **options)  # type: ignore[arg-type]
    return {row.image: row.names for row in rows if isinstance(row, LabelRow)}


def test_accepted_changes_are_made_in_a_new_file(labels: Path, tmp_path: Path):
    accepted = table(
        tmp_path, "a,dog,remove,yes,1", "b/c,cat,add,X,1", "'=1,cat,add,1,2", "a,cat,remove,no,2", "a,bird,add,,3"
    )
    found = fix(labels, table=accepted, out=tmp_path / "new" / "fixed.csv")
    assert (found.added, found.removed, found.refused) == (2, 1, 2)
    assert names(found.out) == {"a.jpg": ("cat",), "b/c.png": ("cat",), "=1.jpg": ("dog", "cat")}
    assert [row.split for row in read_labels(found.out) if isinstance(row, LabelRow)] == ["train", "val", "train"]
    assert labels.read_text(encoding="utf-8") == LABELS


@pytest.mark.parametrize("rows", [(), ("a,dog,remove,,1",), ("a,dog,remove,no,1", "a,bird,add,0,2")])
def test_nothing_accepted_is_refused_and_writes_nothing(labels: Path, tmp_path: Path, rows: tuple[str, ...]):
    with pytest.raises(DataError, match=r"tags\.csv has no yes in its column accept: write yes where"):
        fix(labels, table=table(tmp_path, *rows), out=tmp_path / "new" / "same.csv")
    assert not (tmp_path / "new").exists()


def test_json_stays_json(tmp_path: Path):
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"a.jpg": ["cat"], "b.jpg": ["dog"]}), encoding="utf-8")
    found = fix(labels, table=table(tmp_path, "a,dog,add,yes,1"), out=tmp_path / "fixed.json")
    assert names(found.out) == {"a.jpg": ("cat", "dog"), "b.jpg": ("dog",)}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_stay_what_they_were(end: str, tmp_path: Path):
    labels = tmp_path / "labels.csv"
    labels.write_bytes(f"image,labels{end}a.jpg,cat{end}b.jpg,dog{end}".encode())
    found = fix(labels, table=table(tmp_path, "a,dog,add,yes,1"), out=tmp_path / "fixed.csv")
    assert found.out.read_bytes() == f"image,labels{end}a.jpg,cat;dog{end}b.jpg,dog{end}".encode()


def test_names_that_hold_the_separator_come_back(tmp_path: Path):
    labels = tmp_path / "labels.csv"
    labels.write_text("image,labels\na.jpg,\"['cat; small', 'dog']\"\n", encoding="utf-8")
    found = fix(labels, table=table(tmp_path, "a,dog,remove,yes,1"), out=tmp_path / "fixed.csv")
    assert names(found.out) == {"a.jpg": ("cat; small",)}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,dog,remove,maybe,1", r"tags\.csv, line 2: accept is 'maybe': write yes, no or nothing"),
        ("a,dog,drop,yes,1", r"line 2: suggestion is 'drop': it is add or remove"),
        ("z,dog,add,yes,1", r"labels\.csv does not list 'z'; is this the table of an audit of these labels\?"),
        ("a,dog,add,yes,1", "line 2: a already has 'dog'"),
        ("a,bird,remove,yes,1", "line 2: a does not have 'bird'"),
        ("a,walrus,add,yes,1", r"tags\.csv: line 2: no label is 'walrus'; there are cat, dog$"),
        ("a.jpg,cat,remove,yes,1", r"tags\.csv: line 2: 'a\.jpg' is a file's name: write it without its suffix$"),
        ("a,dog", "line 2 has 2 columns"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(labels: Path, tmp_path: Path, row: str, message: str):
    with pytest.raises(DataError, match=message):
        fix(labels, table=table(tmp_path, row), out=tmp_path / "new.csv")
    assert not (tmp_path / "new.csv").exists()


def test_folders_are_refused_as_such(labels: Path, tmp_path: Path):
    good = table(tmp_path, "a,dog,remove,yes,1")
    with pytest.raises(DataError, match=r"is a folder: name the label file, a CSV or JSON"):
        fix(tmp_path, table=good, out=tmp_path / "new.csv")
    with pytest.raises(DataError, match=r"--with .* is a folder: name the table in it, as in .*tags\.csv"):
        fix(labels, table=tmp_path, out=tmp_path / "new.csv")


def test_files_that_are_none_are_refused(labels: Path, tmp_path: Path):
    good = table(tmp_path, "a,dog,remove,yes,1")
    with pytest.raises(DataError, match="is there already: name a new file, the old one is not changed"):
        fix(labels, table=good, out=labels)
    with pytest.raises(DataError, match=r"name the new file .*new\.csv"):
        fix(labels, table=good, out=tmp_path / "new.json")
    with pytest.raises(DataError, match=r"absent\.csv"):
        fix(labels, table=tmp_path / "absent.csv", out=tmp_path / "new.csv")
    with pytest.raises(DataError, match=r"tags\.csv has no column 'class', 'suggestion' and 'accept'|has no column"):
        fix(labels, table=labels, out=tmp_path / "new.csv")
    with pytest.raises(DataError, match="absent"):
        fix(tmp_path / "absent.csv", table=good, out=tmp_path / "new.csv")
