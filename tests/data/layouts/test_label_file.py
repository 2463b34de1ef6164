"""Label files: CSV and JSON as people and spreadsheets write them, and each way in which they go wrong."""

import re
from pathlib import Path
from typing import Any

import pytest

from wsss.data.layouts import label_file
from wsss.data.layouts.label_file import LabelRow
from wsss.data.listing import Problem, parted


def written(path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding, newline="")
    return path


def read_labels(path: Path, **options: Any) -> list[LabelRow]:
    """Return the rows of a file with which nothing is wrong."""
    rows, problems = parted(label_file.read_labels(path, **options))
    assert problems == []
    return rows


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
        ("image;labels\na.jpg;cat\n", r"line 1: 'image;labels' is not the header"),
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


def test_json(tmp_path: Path):
    path = written(tmp_path / "labels.json", '{"it\'s ü.jpg": ["cat", "dog"], "b.jpg": []}', encoding="utf-8-sig")
    assert [(row.image, row.names, row.split) for row in read_labels(path)] == [
        ("it's ü.jpg", ("cat", "dog"), None),
        ("b.jpg", (), None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a.jpg": ["cat"]', r"is not JSON \(.*line 1 column 18"),
        ('["a.jpg"]', "holds no object of images"),
        ('{"a.jpg": "cat"}', r"the labels of 'a\.jpg' are not a list of names"),
        ('{"a.jpg": [1]}', r"the labels of 'a\.jpg' are not a list of names"),
        ('{"a.jpg": ["cat"], "a.jpg": []}', r"lists 'a\.jpg' twice, with other labels: join"),
        ('{"a.jpg": ["cat"], "a.jpg": ["cat"]}', r"lists 'a\.jpg' twice: keep one"),
        ('{"a.jpg": {}}', r"the labels of 'a\.jpg' are not a list of names"),
        ("[" * 100_000, "is nested too deeply"),
        ("{}", "lists no image"),
    ],
)
def test_json_mistakes(tmp_path: Path, text: str, message: str):
    assert re.search(rf"labels\.json.*{message}", only_problem(written(tmp_path / "labels.json", text)).why)


def test_another_suffix(tmp_path: Path):
    assert "labels.txt is neither .csv nor .json" in only_problem(written(tmp_path / "labels.txt", "")).why


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


def test_a_line_for_each_label(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "image,labels\na.jpg,cat\nb.jpg,\na.jpg,dog\na.jpg,cat\n")
    rows = read_labels(path, label_per_line=True)
    assert [(row.image, row.names, row.line) for row in rows] == [("a.jpg", ("cat", "dog", "cat"), 2), ("b.jpg", (), 3)]


def test_a_column_for_each_class(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "image,cat,split,sea lion\na.jpg,1,train,1\nb.jpg, 0,val,0\n")
    assert [(row.image, row.names, row.split) for row in read_labels(path)] == [
        ("a.jpg", ("cat", "sea lion"), "train"),
        ("b.jpg", (), "val"),
    ]
    with path.open("a") as file:
        file.write("c.jpg,yes,train,0\n")
    assert only_problem(path).why.startswith(f"{path}, line 4 has a cell that is neither 0 nor 1: write 1 where")
