"""Annotated masks belong to images by their names, and what does not fit is told by name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_runs import drawn_index

from wsss.data.annotated import annotated_masks, check_annotated, read_annotated
from wsss.data.index import Index
from wsss.engine.stage import read_index
from wsss.errors import DataError
from wsss.store.store import Store


@pytest.fixture
def index(tmp_path: Path) -> Index:
    masks = {name: [[0, 1, 2]] for name in "abc"}
    return read_index(drawn_index(Store(root=tmp_path / "store"), masks, train=("a", "b"), val=("c",)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corrected").mkdir()
    return tmp_path / "corrected"


def draw(path: Path, labels: list[list[int]]) -> None:
    Image.fromarray(np.array(labels, dtype=np.uint8)).save(path)


def test_masks_of_the_split_are_found_by_name(index: Index, folder: Path):
    for name in ("b", "c"):
        draw(folder / f"{name}.png", [[1, 1, 255]])
    (folder / "notes.txt").touch()
    found = annotated_masks(folder, index, splits=["train"])
    assert found == {"b": folder / "b.png"}
    check_annotated(found, index)
    assert read_annotated(found["b"], index.records["b"], index=index).tolist() == [[1, 1, 255]]


@pytest.mark.parametrize(
    ("name", "labels", "said"),
    [
        ("z.png", [[0, 0, 1]], "no image has such a mask as z.png"),
        ("b.bmp", [[0, 0, 1]], "no image has such a mask as b.bmp"),
        ("b.png", [[0, 0]], "b.png is 2 x 1 pixels and its image 3 x 1"),
        ("b.png", [[0, 9, 1]], "b.png holds the labels 9: draw 0 for background"),
        ("c.png", [[0, 0, 1]], "holds no mask of any image of split train, such as a.png"),
    ],
)
def test_what_does_not_fit_is_told_by_name(name: str, labels: list[list[int]], said: str, index: Index, folder: Path):
    draw(folder / name, labels)
    with pytest.raises(DataError, match=said):
        check_annotated(annotated_masks(folder, index, splits=["train"]), index)


def test_two_masks_of_one_image_are_refused(index: Index, folder: Path):
    for name in ("b.png", "b.PNG"):
        draw(folder / name, [[0, 0, 1]])
    with pytest.raises(DataError, match="are of one image: delete one of them"):
        annotated_masks(folder, index, splits=["train"])


def test_a_mask_that_shrank_since_it_was_checked_is_refused(index: Index, folder: Path):
    draw(folder / "b.png", [[0, 1]])
    with pytest.raises(DataError, match="not as large as its image"):
        read_annotated(folder / "b.png", index.records["b"], index=index)
