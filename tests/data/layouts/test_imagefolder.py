"""Metadata of image folders."""

import json
from pathlib import Path
from typing import Any

import pytest
from annotated_data import draw_images, imagefolder

from wsss.data.index import Index
from wsss.data.layouts.imagefolder import ImageFolder
from wsss.errors import DataError


def of_rows(folder: Path, *rows: Any, **options: Any) -> Index:
    """An index of images with a line of metadata each, at the top."""
    root = folder / "data"
    draw_images(root)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (root / "metadata.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return ImageFolder(root=root, **options).index(folder / "into")


def shown(index: Index) -> dict[str, list[str]]:
    return {i: [index.classes[c] for c in record.classes] for i, record in index.records.items()}


def row(image: str, **other: Any) -> dict[str, Any]:
    return {"file_name": f"{image}.png", **other}


def test_a_name_a_list_and_nothing(tmp_path: Path):
    index = of_rows(
        tmp_path, row("a", label="cat"), row("b", label=["cat", "dog"]), row("c", label=[]), row("d", label=None)
    )
    assert shown(index) == {"a": ["cat"], "b": ["cat", "dog"], "c": [], "d": []}
    assert all(record.mask is None for record in index.records.values())


def test_objects_have_boxes(tmp_path: Path):
    objects = {"bbox": [[1, 2, 4, 5], [0, 0, 0, 1]], "categories": ["cat", "dog"]}
    index = of_rows(tmp_path, row("a", objects=objects), row("b", objects={"bbox": [], "categories": []}))
    record = index.records["a"]
    assert record.classes == (0, 1)
    (box,) = record.boxes
    assert (box.cls, box.box.left, box.box.top, box.box.right, box.box.bottom) == (0, 1, 2, 5, 7)


def test_numbers_count_in_the_classes(tmp_path: Path):
    rows = row("a", label=1), row("b", label=0)
    assert shown(of_rows(tmp_path, *rows, classes=("dog", "cat"))) == {"a": ["cat"], "b": ["dog"]}
    with pytest.raises(DataError, match=r"metadata\.jsonl, line 1: has the number 1 for a label: name the classes"):
        of_rows(tmp_path, *rows)


def test_a_column_of_one_s_own(tmp_path: Path):
    rows = row("a", label="x", animal="cat;dog"), row("b", label="y", animal="dog")
    assert shown(of_rows(tmp_path, *rows, labels="animal", separator=";")) == {"a": ["cat", "dog"], "b": ["dog"]}
    assert of_rows(tmp_path, *rows).classes == ("x", "y")


def test_csv_and_splits(tmp_path: Path):
    root = imagefolder(tmp_path / "data")
    index = ImageFolder(root=root).index(tmp_path / "into")
    assert {split: len(ids) for split, ids in index.splits.items()} == {"train": 3, "val": 2}
    assert "validation/d" in index.records
    for folder in ("train", "validation"):
        (root / folder / "metadata.jsonl").unlink()
    (root / "metadata.csv").write_text("file_name,label\ntrain/a.png,dog\ntrain/b.png,\ntrain/c.png,cat\n")
    assert shown(ImageFolder(root=root).index(tmp_path / "into")) == {
        "train/a": ["dog"],
        "train/b": [],
        "train/c": ["cat"],
    }


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ('{"file_name" 1}', r"is not JSON .*: write an object a line"),
        (
            '{"file_name": "",',
            "is JSON that ends too early, at byte 17 of the line: copy the file again, or mend the line",
        ),
        ("[1]", "is not an object"),
        ({"label": "cat"}, "has no file_name"),
        ({"file_name": "b.png"}, r"has no column of labels \(no other column\): name it in `dataset\.labels`"),
        ({"file_name": "b.png", "text": "a cat"}, r"has no column of labels \(text\)"),
        ({"file_name": "b.png", "label": 0.5}, r"has the label '0\.5': write names"),
        ({"file_name": "b.png", "objects": {"bbox": []}}, "has objects without a list of `categories`"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(wrong: Any, words: str, tmp_path: Path):
    with pytest.raises(DataError, match=rf"metadata\.jsonl, line 2: {words}"):
        of_rows(tmp_path, row("a", label="cat"), wrong)


def test_a_line_of_csv_is_counted_with_its_header(tmp_path: Path):
    draw_images(tmp_path / "data")
    (tmp_path / "data" / "metadata.csv").write_text("file_name,label\na.png,cat\n,dog\n")
    with pytest.raises(DataError, match=r"metadata\.csv, line 3: has no file_name"):
        ImageFolder(root=tmp_path / "data").index(tmp_path / "into")


def test_it_is_found(tmp_path: Path):
    assert ImageFolder.found_at(imagefolder(tmp_path / "data"), {}) == {}
    assert ImageFolder.found_at(tmp_path, {}) is None
    draw_images(tmp_path / "none")
    with pytest.raises(DataError, match=r"has no metadata\.jsonl or metadata\.csv: write a line"):
        ImageFolder(root=tmp_path / "none").index(tmp_path / "into")
