"""Labels in JSON, and each way in which they go wrong."""

import re
from pathlib import Path

import pytest

from wsss.data.layouts import label_file
from wsss.data.layouts.label_row import LabelRow
from wsss.data.listing import Problem, parted


def written(path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def read_labels(path: Path) -> list[LabelRow]:
    """Return the rows of a file with which nothing is wrong."""
    rows, problems = parted(label_file.read_labels(path))
    assert problems == []
    return rows


def only_problem(path: Path) -> Problem:
    (problem,) = parted(label_file.read_labels(path))[1]
    return problem


def test_json(tmp_path: Path):
    path = written(tmp_path / "labels.json", '{"it\'s ü.jpg": ["cat", "dog"], "b.jpg": []}', encoding="utf-8-sig")
    assert [(row.image, row.names, row.split) for row in read_labels(path)] == [
        ("it's ü.jpg", ("cat", "dog"), None),
        ("b.jpg", (), None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a.jpg": ["cat"]', r"is JSON that ends too early, at byte 17: copy or export it again$"),
        ('{"a.jpg": ["cat"] "b', r"is not JSON \(.*line 1 column 19"),
        ('["a.jpg"]', "holds no object of images"),
        ('{"a.jpg": "cat"}', r"the labels of 'a\.jpg' are not a list of names"),
        ('{"a.jpg": [1]}', r"the labels of 'a\.jpg' are not a list of names"),
        ('{"a.jpg": ["cat"], "a.jpg": []}', r"twice, with other labels: join their labels, `\"a\.jpg\": \[\"cat\"\]`$"),
        ('{"a.jpg": ["cat"], "a.jpg": ["cat"]}', r"lists 'a\.jpg' twice: keep one"),
        ('{"a.jpg": {}}', r"the labels of 'a\.jpg' are not a list of names"),
        ("[" * 100_000, "is nested too deeply"),
        ("{}", "lists no image"),
    ],
)
def test_json_mistakes(tmp_path: Path, text: str, message: str):
    assert re.search(rf"labels\.json.*{message}", only_problem(written(tmp_path / "labels.json", text)).why)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a.jpg": ' + "9" * 10_000 + "}", r"the labels of 'a\.jpg' are not a list of names"),
        ('{"a.jpg": ["\\ud800"]}', r"the labels of 'a\.jpg' are not a list of names"),
        ('{"\\ud800.jpg": ["cat"]}', r"the name '\\ud800\.jpg' holds half of a letter, which no file has"),
        ('{"images": [], "annotations": [], "categories": []}', "holds annotations in COCO's form"),
    ],
)
def test_more_json_mistakes(tmp_path: Path, text: str, message: str):
    assert re.search(rf"labels\.json.*{message}", only_problem(written(tmp_path / "labels.json", text)).why)
