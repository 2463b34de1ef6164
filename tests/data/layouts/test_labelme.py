"""Labelme's JSON files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from annotated_data import HEIGHT, WIDTH, draw_images, labelme, shape, write_labelme

from wsss.data.index import Index
from wsss.data.layouts.labelme import Labelme
from wsss.errors import DataError


def indexed(root: Path, **options: Any) -> Index:
    return Labelme(root=root, **options).index(root.parent / "into")


def truth(index: Index, image: str) -> np.ndarray:
    labels = index.truth(index.records[image])
    assert labels is not None
    return labels


def test_circles_are_drawn_and_rectangles_are_boxes(tmp_path: Path):
    root = labelme(tmp_path / "data")
    write_labelme(root, "a", [shape("dog", [(6, 4), (6, 2)], "circle")])
    write_labelme(root, "c", [shape("person"), shape("cat", [(9, 7), (1, 2)], "rectangle")])
    index = indexed(root)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    wanted = (x - 6) ** 2 + (y - 4) ** 2 <= 4
    assert (truth(index, "a") == np.where(wanted, index.classes.index("dog") + 1, 0)).all()
    assert index.records["c"].mask is None
    box = index.records["c"].boxes[1].box
    assert (box.left, box.top, box.right, box.bottom) == (1, 2, 9, 7)


@pytest.mark.parametrize("kind", ["line", "point", "linestrip", "mask"])
def test_shapes_without_an_inside_are_labels_alone(kind: str, tmp_path: Path):
    root = labelme(tmp_path / "data")
    write_labelme(root, "c", [shape("person"), shape("cat", [(1, 1)], kind)])
    index = indexed(root)
    assert index.records["c"].classes == (0, 2)
    assert index.records["c"].mask is None


def test_reserved_labels_are_drawn_and_are_not_classes(tmp_path: Path):
    root = labelme(tmp_path / "data")
    square = [(0, 0), (6, 0), (6, 8), (0, 8)]
    write_labelme(
        root, "a", [shape("dog"), shape("__ignore__", square), shape("_background_", [(0, 0), (2, 0), (2, 2), (0, 2)])]
    )
    index = indexed(root)
    assert index.classes == ("cat", "dog", "person")
    assert index.records["a"].classes == (1,)
    assert [[truth(index, "a")[y, x] for x in (1, 5, 7)] for y in (1, 5)] == [[0, 255, 0], [255, 255, 2]]


def test_flags_are_labels(tmp_path: Path):
    root = labelme(tmp_path / "data")
    write_labelme(root, "e", [], flags={"cat": True, "dog": False})
    write_labelme(root, "a", [shape("dog")], flags={"dog": True})
    index = indexed(root)
    assert index.records["e"].classes == (0,)
    assert index.records["e"].mask is None
    assert index.records["a"].mask is not None


def test_images_without_a_json_are_left_out(tmp_path: Path):
    root = labelme(tmp_path / "data")
    (root / "b.json").unlink()
    listing = Labelme(root=root).listing(tmp_path)
    assert listing.unlisted == ("b.png",)
    assert len(listing.entries) == 4


def test_a_folder_below_and_a_path_of_another_machine(tmp_path: Path):
    root = tmp_path / "data"
    draw_images(root / "images/garden", "abd")
    for image in "abd":
        write_labelme(root / "images/garden", image, [shape("dog")], imagePath=f"C:\\photos\\{image}.png")
    assert Labelme.found_at(root, {}) is None
    (root / "images/garden/a.json").rename(root / "images/a.json")
    (root / "images/garden/a.png").rename(root / "images/a.png")
    assert Labelme.found_at(root, {}) == {"images": "images"}
    assert set(indexed(root, images="images").records) == {"images/a", "images/garden/b", "images/garden/d"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", r"a\.json is not labelme's"),
        ('{"shapes": []}', r"a\.json is not labelme's \(imagePath: Field required\)"),
        ("[" * 100_000, r"a\.json is not labelme's"),
    ],
)
def test_other_files_are_named(content: str, words: str, tmp_path: Path):
    root = labelme(tmp_path / "data")
    (root / "a.json").write_text(content)
    with pytest.raises(DataError, match=words):
        indexed(root)


def test_a_polygon_of_two_corners(tmp_path: Path):
    root = labelme(tmp_path / "data")
    write_labelme(root, "a", [shape("dog", [(1, 1), (2, 2)])])
    with pytest.raises(DataError, match=r"a\.json holds a polygon with too few corners, 2: draw three or more"):
        indexed(root)


def test_a_folder_without_any(tmp_path: Path):
    draw_images(tmp_path / "data")
    with pytest.raises(DataError, match="holds no JSON of labelme's: name the folder that does"):
        indexed(tmp_path / "data")
