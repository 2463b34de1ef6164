"""Label files: CSV and JSON as people and spreadsheets write them, and each way in which they go wrong."""

from pathlib import Path

import pytest

from wsss.data.layouts.label_file import LabelRow, read_labels
from wsss.errors import DataError


def written(path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding, newline="")
    return path


def test_csv(tmp_path: Path):
    path = written(tmp_path / "labels.csv", "image,labels\na.jpg,cat\nsub/b.jpg,dog; cat ;\nc.jpg,\n")
    assert read_labels(path) == (
        LabelRow(image="a.jpg", names=("cat",), split=None, source=f"{path}, line 2"),
        LabelRow(image="sub/b.jpg", names=("dog", "cat"), split=None, source=f"{path}, line 3"),
        LabelRow(image="c.jpg", names=(), split=None, source=f"{path}, line 4"),
    )


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
        ("image,labels\na.jpg,cat\nb.jpg,cat\na.jpg,dog\n", r"lists 'a\.jpg' twice, in lines 2 and 4: keep one"),
        ('image,labels\n"a.jpg,cat\n', "line 2: unexpected end of data"),
    ],
)
def test_csv_mistakes(tmp_path: Path, text: str, message: str):
    with pytest.raises(DataError, match=rf"labels\.csv.*{message}"):
        read_labels(written(tmp_path / "labels.csv", text))


def test_csv_in_another_encoding(tmp_path: Path):
    with pytest.raises(DataError, match=r"labels\.csv, line \d: this is not UTF-8"):
        read_labels(written(tmp_path / "labels.csv", "image,labels\nä.jpg,cat\n", encoding="latin-1"))


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
        ('{"a.jpg": ["cat"], "a.jpg": []}', r"lists 'a\.jpg' twice: keep one"),
        ("{}", "lists no image"),
    ],
)
def test_json_mistakes(tmp_path: Path, text: str, message: str):
    with pytest.raises(DataError, match=rf"labels\.json.*{message}"):
        read_labels(written(tmp_path / "labels.json", text))


def test_another_suffix(tmp_path: Path):
    with pytest.raises(DataError, match=r"labels\.txt is neither \.csv nor \.json"):
        read_labels(written(tmp_path / "labels.txt", ""))
