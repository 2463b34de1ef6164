"""YOLO's text files."""

from pathlib import Path

import pytest
from annotated_data import CLASSES, HEIGHT, WIDTH, yolo
from data_sets import checked, edit

from wsss.data.index import Index
from wsss.data.layouts.yolo import YOLO, label_path
from wsss.errors import DataError


def indexed(root: Path, **options: str) -> Index:
    return YOLO(root=root, **options).index(root.parent / "into")


def boxes(index: Index, image: str) -> list[tuple[int, list[float]]]:
    record = index.records[image]
    return [(b.cls, [b.box.left, b.box.top, b.box.right, b.box.bottom]) for b in record.boxes]


def test_boxes_are_labels_and_boxes_and_no_masks(tmp_path: Path):
    index = indexed(yolo(tmp_path / "data", boxes=True))
    assert boxes(index, "images/train/b") == [(2, pytest.approx([0, 0, 4, 4])), (1, pytest.approx([2, 2, 8, 8]))]
    assert all(record.mask is None for record in index.records.values())
    assert index.notes == ()


def test_polygons_have_boxes_too_and_one_box_takes_an_image_s_mask(tmp_path: Path):
    root = yolo(tmp_path / "data")
    assert boxes(indexed(root), "images/train/c") == [(0, [6, 0, 12, 3])]
    with (root / "labels/train/c.txt").open("a") as file:
        file.write("2 0.5 0.5 0.25 0.5\n")
    index = indexed(root)
    assert [record.mask is None for record in index.split("train")] == [False, False, True]
    assert index.notes[0].startswith("1 of 5 images: an object has no outline")
    assert boxes(index, "images/train/c")[1] == (2, [4.5, 2, 7.5, 6])


def test_rounded_boxes_end_at_the_edge(tmp_path: Path):
    root = yolo(tmp_path / "data", boxes=True)
    (root / "labels/train/a.txt").write_text("0 0.9 0.5 0.201 1.001\n")
    assert boxes(indexed(root), "images/train/a") == [(0, pytest.approx([0.7995 * WIDTH, 0, WIDTH, HEIGHT]))]


def test_an_image_without_a_text_file_is_a_negative(tmp_path: Path):
    root = yolo(tmp_path / "data")
    assert not (root / "labels/val/e.txt").exists()
    assert indexed(root).records["images/val/e"].classes == ()


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("train/images/b.c.png", "train/labels/b.c.txt"),
        ("images/x/images/a.jpg", "images/x/labels/a.txt"),
        ("images.jpg", "images.txt"),
    ],
)
def test_text_files_lie_where_ultralytics_looks(image: str, label: str):
    assert label_path(image) == label


@pytest.mark.parametrize(
    "place", ["images/train", "../images/train", "/home/ann/data/images/train", "../x/images/train"]
)
def test_folders_are_found_below_the_root_wherever_they_were(place: str, tmp_path: Path):
    root = yolo(tmp_path / "data")
    edit(root / "data.yaml", "train: images/train", f"train: {place}")
    assert len(indexed(root).splits["train"]) == 3


def test_names_may_be_a_list_and_the_file_another(tmp_path: Path):
    root = yolo(tmp_path / "data")
    (root / "data.yaml").unlink()
    (root / "mine.yaml").write_text(f"train: images/train\nvalid: [images/val]\nnames: [{', '.join(CLASSES)}]\n")
    index = indexed(root, data="mine.yaml")
    assert index.classes == CLASSES
    assert list(index.splits) == ["train", "val"]


WRONG = {
    "one two": "is not a class and numbers: write",
    "7 0.5 0.5 0.1 0.1": r"class 7 has no name in data\.yaml: add it to `names`",
    "0 0.5 0.5 0.1": "has 3 numbers: write 4 for a box, or x and y of three corners or more",
    "0 0.5 0.5 0.1 0.1 0.9": "has 5 numbers: write 4 for a box",
    "0 320 240 50 60": r"has numbers that are not shares of the image's sides, 0 \.\. 1: divide by width and height",
    "0 nan 0.5 0.1 0.1": "has numbers that are not shares",
    "0 0.5 0.5 0 0.1": "has a box without an area: delete the line",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_line_that_is_wrong_is_told_with_its_number(line: str, tmp_path: Path):
    root = yolo(tmp_path / "data")
    (root / "labels/train/a.txt").write_text(f"1 0.5 0.5 0.1 0.1\n\n{line}\n")
    with pytest.raises(DataError, match=rf"labels/train/a\.txt, line 3: {WRONG[line]}"):
        indexed(root)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "names no classes: write"),
        ("names: 3\ntrain: images/train\n", "names no classes"),
        ("names: [cat]\n", "names no images: write `train: images/train`"),
        ("names: [cat]\ntrain: gone\n", "names 'gone' for train, which is not a folder below"),
        ("names: [cat]\ntrain: ..\n", r"names '\.\.' for train, which is not a folder below"),
        ("a: [", "names no classes"),
        ("names:\n  0: cat\n  1:", "data.yaml: class 1 has no name: write one, or copy the file again if its end is"),
    ],
)
def test_a_file_of_folders_that_is_wrong_is_told(content: str, words: str, tmp_path: Path):
    root = yolo(tmp_path / "data")
    (root / "data.yaml").write_text(content)
    with pytest.raises(DataError, match=words):
        indexed(root)


def test_it_is_found_and_checked(tmp_path: Path):
    root = yolo(tmp_path / "data")
    assert YOLO.found_at(root, {}) == {"data": "data.yaml"}
    (root / "data.yaml").rename(root / "dataset.yaml")
    assert YOLO.found_at(root, {}) == {"data": "dataset.yaml"}
    assert YOLO.found_at(tmp_path, {}) is None
    (root / "dataset.yaml").write_text("path: .\ntrain: images/train\nval: ima")
    assert YOLO.found_at(root, {}) == {"data": "dataset.yaml"}
    root = yolo(tmp_path / "again")
    (root / "data.yaml").rename(root / "dataset.yaml")
    found = checked(YOLO(root=root, data="dataset.yaml"))
    assert found.problems == ()
    assert [each.agreed for each in found.masks] == [2, 3, 1]
