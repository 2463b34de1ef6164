"""Every image and mask is looked at, and what is broken is said with the file and the remedy."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.data.examine import Finding, examine, examine_all, labels_in, meanings, refuse
from wsss.errors import DataError
from wsss.types import Size

CLASSES = ("cat", "dog")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    Image.new("RGB", (3, 2)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def mask(folder: Path, rows: list[list[int]]) -> Path:
    Image.fromarray(np.array(rows, dtype=np.uint8)).save(folder / "mask.png")
    return folder / "mask.png"


def test_an_image_and_its_mask(image: Path, tmp_path: Path):
    found = examine(image, mask=mask(tmp_path, [[0, 2, 2], [255, 0, 0]]), classes=CLASSES)
    assert found == Finding(size=Size(height=2, width=3), labels=frozenset({0, 2, 255}))
    assert examine(image, mask=None, classes=CLASSES) == Finding(size=Size(height=2, width=3))


def test_a_cut_off_image_is_found_though_its_header_is_whole(tmp_path: Path):
    path = tmp_path / "a.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    found = examine(path, mask=None, classes=CLASSES)
    assert found.broken == "image"
    assert f"{path} is damaged" in found.why


def test_a_mask_that_does_not_fit(image: Path, tmp_path: Path):
    found = examine(image, mask=mask(tmp_path, [[0, 1]]), classes=CLASSES)
    assert found.broken == "mask"
    assert "mask.png is 2 x 1 pixels and its image 3 x 2: draw the mask at the image's size" in found.why
    with pytest.raises(DataError, match=r"holds the labels 3: draw 0 for background, 1 for cat, 2 for dog, and 255"):
        labels_in(mask(tmp_path, [[3]]), size=Size(height=1, width=1), classes=CLASSES)


def test_all_are_examined_in_order(image: Path, tmp_path: Path):
    every = examine_all([(image, None), (tmp_path / "gone.png", None), (image, None)], classes=CLASSES)
    assert [found.broken for found in every] == [None, "image", None]


def test_one_and_several_refusals():
    refuse([])
    one, two = Finding(broken="image", why="a is empty"), Finding(broken="mask", why="b is of another size")
    with pytest.raises(DataError, match=r"^a is empty; dataset\.on_bad_image=skip leaves out images that"):
        refuse([one])
    with pytest.raises(DataError, match=r"^b is of another size$"):
        refuse([two])
    with pytest.raises(DataError, match=r"^2 files cannot be used:\n  a is empty\n  b is of another size\n  dataset\."):
        refuse([one, two])


def test_meanings():
    assert meanings(CLASSES) == "0 for background, 1 for cat, 2 for dog, and 255 for pixels to ignore"
