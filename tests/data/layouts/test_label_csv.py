"""Labels in CSV as people and spreadsheets write them, and each way in which they go wrong."""

import re
from pathlib import Path
from typing import Any

import pytest

from wsss.data.layouts import label_file
from wsss.data.layouts.label_row import LabelRow
from wsss.data.listing import Note, Problem, parted


def written(path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding, newline="")
    return path


def read_labels(path: Path, **options: Any) -> list[LabelRow]:
    """Return the rows of a file with which nothing is wrong."""
    items, problems = parted(label_file.read_labels(path, **options))
    assert problems == []
    return [item for item in items if isinstance(item, LabelRow)]


def only_problem(path: Path, **options: Any) -> Problem:
    (problem,) = parted(label_file.read_labels(path, **options))[1]
    return problem


def test_csv(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "image,labels\na.jpg,cat\nsub/b.jpg,dog; cat ;\nc.jpg,\n")
    assert read_labels(path) == [
        LabelRow(image="a.jpg", names=("cat",), split=None, source=f"{path}, line 2", line=2),
        LabelRow(image="sub/b.jpg", names=("dog", "cat"), split=None, source=f"{path}, line 3", line=3),
        LabelRow(image="c.jpg", names=(), split=None, source=f"{path}, line 4", line=4),
    ]


def test_csv_with_splits_in_another_order_of_columns(tmp_path: Path):
    rows = read_labels(written(tmp_path / "labels.csv", "split,image,labels\ntrain,a.jpg,cat\nval,b.jpg,\n"))
    assert [(row.image, row.names, row.split) for row in rows] == [("a.jpg", ("cat",), "train"), ("b.jpg", (), "val")]


def test_csv_as_spreadsheets_write_it(tmp_path: Path):
    text = 'image,labels\r\n"a, ""b"".jpg",cat\r\n\r\nit\'s ü (1).jpg,sea lion\r\n,\r\n'
    rows = read_labels(written(tmp_path / "LABELS.CSV", text, encoding="utf-8-sig"))
    assert [(row.image, row.names) for row in rows] == [('a, "b".jpg', ("cat",)), ("it's ü (1).jpg", ("sea lion",))]
    assert rows[1].source.endswith("line 4")


def test_names_are_composed(tmp_path: Path):
    (row,) = read_labels(written(tmp_path / "labels.csv", "image,labels\ncafe\u0301.jpg,e\u0301lan\n"))
    assert (row.image, row.names) == ("caf\u00e9.jpg", ("\u00e9lan",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.jpg,cat\n", r"line 1: 'a\.jpg,cat' is not the header: write `image,labels` or `image,labels,split`"),
        ("image,labels,label\n", "line 1: .* is not the header"),
        ("", "line 1: '' is not the header"),
        ("image,labels\n", "lists no image"),
        ("image,labels\na.jpg,cat,dog\n", r"line 2 has 3 columns and the header 2: separate labels with ';'"),
        ("image,labels\na.jpg\n", "line 2 has 1 columns and the header 2"),
        ("image,labels,split\na.jpg,cat,\n", "line 2 has an empty column; only `labels` may be empty"),
        ("image,labels\n,cat\n", "line 2 has an empty column"),
        (
            "image,labels\na.jpg,cat\nb.jpg,cat\na.jpg,dog\n",
            r"lists 'a\.jpg' twice, in lines 2 and 4, with other labels: join their labels, `a\.jpg,cat;dog`, or set",
        ),
        ("image,labels\na.jpg,cat\na.jpg,cat\n", r"lists 'a\.jpg' twice, in lines 2 and 3: keep one"),
        (
            "image,labels,split\na.jpg,cat,train\na.jpg,cat,val\n",
            r"lists 'a\.jpg' twice, in lines 2 and 3, in the splits 'train' and 'val': keep one",
        ),
        ('image,labels\n"a.jpg,cat\n', "line 2: unexpected end of data"),
    ],
)
def test_csv_mistakes(tmp_path: Path, text: str, message: str):
    assert re.search(rf"labels\.csv.*{message}", only_problem(written(tmp_path / "labels.csv", text)).why)


def test_csv_in_another_encoding(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "image,labels\nä.jpg,cat\nb.jpg,dog\n", encoding="latin-1")
    (row,), (problem,) = parted(label_file.read_labels(path))
    assert problem.why.startswith(f"{path}, line 2: this is not UTF-8")
    assert (row.image, row.line) == ("b.jpg", 3)


def test_tables_keep_the_numbers_of_their_lines(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "image,labels\na.jpg,cat\nb.jpg,cat,dog,cow\n,dog\na.jpg,dog\nc.jpg,\n")
    rows, problems = parted(label_file.read_labels(path))
    assert [row.image for row in rows] == ["a.jpg", "c.jpg"]
    assert [problem.why.partition("labels.csv")[2].split(":")[0] for problem in problems] == [
        ", line 3 has 4 columns and the header 2",
        ", line 4 has an empty column; only `labels` may be empty, for an image that shows no class",
        " lists 'a.jpg' twice, in lines 2 and 5, with other labels",
    ]


def test_a_broken_quote_hides_no_other_line(tmp_path: Path):
    path = written(tmp_path / "labels.csv", 'image,labels\n"a".jpg,cat\nb.jpg,cat\n')
    (row,), (problem,) = parted(label_file.read_labels(path))
    assert (row.image, row.line) == ("b.jpg", 3)
    assert problem.why.startswith(f"{path}, line 2: ")


@pytest.mark.parametrize("separator", ["|", ",", " ", "#", ", "])
def test_labels_separated_otherwise(separator: str, tmp_path: Path):
    path = written(tmp_path / "labels.csv", f'image,labels\na.jpg,"cat{separator}dog"\nb.jpg,\n')
    assert [row.names for row in read_labels(path, separator=separator)] == [("cat", "dog"), ()]


@pytest.mark.parametrize("cell", ["['cat', 'dog']", '[""cat"",""dog""]', "[ 'cat','dog' ,]"])
def test_cells_that_are_lists(cell: str, tmp_path: Path):
    path = written(tmp_path / "labels.csv", f'image,labels\na.jpg,"{cell}"\nb.jpg,[]\n')
    assert [row.names for row in read_labels(path)] == [("cat", "dog"), ()]


@pytest.mark.parametrize("cell", ["[cat]", "[1]", "['cat'", "[" * 5000 + "]"])
def test_cells_that_only_look_like_lists_are_names(cell: str, tmp_path: Path):
    (row,) = read_labels(written(tmp_path / "labels.csv", f'image,labels\na.jpg,"{cell}"\n'))
    assert row.names == (cell,)


def test_a_column_for_each_class(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "image,cat,split,sea lion\na.jpg,1,train,1\nb.jpg, 0,val,0\n")
    assert [(row.image, row.names, row.split) for row in read_labels(path)] == [
        ("a.jpg", ("cat", "sea lion"), "train"),
        ("b.jpg", (), "val"),
    ]
    with path.open("a") as file:
        file.write("c.jpg,yes,train,0\n")
    assert only_problem(path).why.startswith(f"{path}, line 4 has a cell that is neither 0 nor 1: write 1 where")


def notes_of(path: Path) -> list[str]:
    return [item.text for item in label_file.read_labels(path) if isinstance(item, Note)]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_columns_separated_as_other_languages_do(mark: str, tmp_path: Path):
    text = f'image{mark}labels{mark}split\na.jpg{mark}"cat;dog"{mark}train\n"b, c.jpg"{mark}{mark}val\n'
    path = written(tmp_path / "labels.csv", text)
    assert [(row.image, row.names, row.line) for row in read_labels(path)] == [
        ("a.jpg", ("cat", "dog"), 2),
        ("b, c.jpg", (), 3),
    ]
    assert notes_of(path) == [f"labels.csv separates columns with {mark!r}"]


@pytest.mark.parametrize("true", ["1", "1.0", "True", "TRUE"])
def test_marks_of_classes(true: str, tmp_path: Path):
    false = {"1": "0", "1.0": "0.0"}.get(true, "false")
    path = written(tmp_path / "labels.csv", f"image,cat,dog\na.jpg,{true},{false}\nb.jpg,{false},{false}\n")
    assert [row.names for row in read_labels(path)] == [("cat",), ()]
    assert notes_of(path) == ["labels.csv has a column for each class: cat, dog"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,cat,cat\na.jpg,1,0\n", r"line 1: 'image,cat,cat' names the column 'cat' twice: give every column one"),
        ("image,cat,dog\na.jpg,0.9,0.1\n", "line 1: .* has no column `labels`, and line 2 does not have 0 or 1"),
        ("image,cat\n", "line 1: 'image,cat' is not the header"),
        ("image,labels,labels\na.jpg,cat,dog\n", "line 1: .* is not the header"),
    ],
)
def test_mistakes_of_columns(tmp_path: Path, text: str, message: str):
    assert re.search(rf"labels\.csv, {message}", only_problem(written(tmp_path / "labels.csv", text)).why)


def test_the_header_may_have_capitals_and_classes_keep_theirs(tmp_path: Path):
    (row,) = read_labels(written(tmp_path / "labels.csv", "Image,LABELS\na.jpg,Cat\n"))
    assert (row.image, row.names) == ("a.jpg", ("Cat",))
    path = written(tmp_path / "labels.csv", "Image,Cat,Split\na.jpg,1,train\n")
    (row,) = read_labels(path)
    assert (row.image, row.names, row.split) == ("a.jpg", ("Cat",), "train")
