"""Masks of images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.apps.batch.inputs import Inputs, find_inputs
from wsss.apps.explain.inputs import masks_of
from wsss.errors import DataError


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    folder = tmp_path / "photos"
    (folder / "b").mkdir(parents=True)
    for name in ("a, 1.jpg", "b/c.png"):
        Image.new("RGB", (6, 4)).save(folder / name)
    return find_inputs([folder])


def mask(path: Path, *, width: int = 6) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ones((4, width), dtype=np.uint8)).save(path)
    return path


def test_masks_of_a_folder_are_named_as_the_images(inputs: Inputs, tmp_path: Path):
    one, other = mask(tmp_path / "masks/a, 1.png"), mask(tmp_path / "masks/b/c.png")
    assert masks_of(inputs, tmp_path / "masks") == {"a, 1.jpg": one, "b/c.png": other}


def test_one_mask_of_one_image(inputs: Inputs, tmp_path: Path):
    own = find_inputs([inputs.root / "a, 1.jpg"])
    assert masks_of(own, mask(tmp_path / "m.png")) == {"a, 1.jpg": tmp_path / "m.png"}
    with pytest.raises(DataError, match="is one mask for 2 images: name a folder of masks"):
        masks_of(inputs, tmp_path / "m.png")


def test_a_missing_mask_and_one_of_another_size_are_named(inputs: Inputs, tmp_path: Path):
    mask(tmp_path / "masks/a, 1.png")
    with pytest.raises(DataError, match=r"c\.png is not there: --mask takes a mask, or a folder of masks"):
        masks_of(inputs, tmp_path / "masks")
    mask(tmp_path / "masks/b/c.png", width=5)
    with pytest.raises(DataError, match=r"masks/b/c\.png has 5 x 4 pixels and .*photos/b/c\.png has 6 x 4"):
        masks_of(inputs, tmp_path / "masks")


def test_the_mask_of_an_image_that_cannot_be_read_is_not_compared(inputs: Inputs, tmp_path: Path):
    (inputs.root / "b/c.png").write_text("no image")
    mask(tmp_path / "masks/a, 1.png")
    mask(tmp_path / "masks/b/c.png")
    assert list(masks_of(inputs, tmp_path / "masks")) == ["a, 1.jpg"]
