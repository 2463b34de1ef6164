from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from wsss.apps.notebook.pictures import each_of, looked_at, picture_of
from wsss.errors import DataError
from wsss.models.normalisation import IMAGENET

PIXELS = np.random.default_rng(0).integers(0, 255, size=(6, 9, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "image",
    [
        PIXELS,
        Image.fromarray(PIXELS),
        torch.from_numpy(PIXELS).permute(2, 0, 1),
        torch.from_numpy(PIXELS).permute(2, 0, 1)[None],
        PIXELS / 255,
        PIXELS.astype(np.float32) / 255,
    ],
    ids=["array", "PIL", "tensor", "batch of one", "double", "float"],
)
def test_all_forms_of_an_image_are_one_picture(image: Any):
    assert np.array_equal(picture_of(image), PIXELS)


def test_a_file_is_read_as_a_viewer_shows_it(tmp_path: Path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    assert np.array_equal(picture_of(tmp_path / "a.png"), PIXELS)
    turned = Image.fromarray(PIXELS)
    turned.getexif()[274] = 6  # a quarter to the right
    assert np.array_equal(picture_of(turned), np.rot90(PIXELS, k=-1))


def test_grey_becomes_three_channels():
    assert np.array_equal(picture_of(PIXELS[:, :, 0]), np.repeat(PIXELS[:, :, :1], 3, axis=2))


def test_a_normalised_tensor_reaches_the_network_as_it_is_and_is_shown_as_it_was():
    tensor = IMAGENET(PIXELS)
    looked = looked_at(tensor, normalisation=IMAGENET, side=4)
    assert torch.equal(looked.seen, tensor[None])
    assert np.array_equal(looked.picture, PIXELS)


def test_large_images_are_shrunk_and_some_networks_want_one_size():
    looked = looked_at(PIXELS, normalisation=IMAGENET, side=6)
    assert looked.seen.shape == (1, 3, 4, 6)
    assert looked.picture.shape == (6, 9, 3)
    assert looked_at(PIXELS, normalisation=IMAGENET, side=6, size=(8, 8)).seen.shape == (1, 3, 8, 8)


def test_one_image_or_several():
    assert len(each_of("a.png")) == 1
    assert len(each_of(["a.png", PIXELS])) == 2
    assert [each.shape for each in each_of(torch.zeros(2, 3, 4, 4))] == [(3, 4, 4)] * 2


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (torch.zeros(1, 64, 64), r"got Tensor of the shape \[1, 64, 64\]"),
        (torch.zeros(2, 3, 64, 64), r"shape \[2, 3, 64, 64\]"),
        (torch.zeros(3, 0, 64), r"shape \[3, 0, 64\]"),
        (np.zeros((3, 64, 64), dtype=np.uint8), r"shape \[3, 64, 64\]"),
        (np.zeros((64, 64, 3), dtype=np.int32), "type int32"),
        (np.full((8, 8, 3), 200.0), "holds 200 .. 200: pixels are 0 .. 1"),
        (np.full((8, 8, 3), np.nan), "pixels are 0 .. 1"),
        (7, "got int"),
        ("nowhere.jpg", "nowhere.jpg is not there"),
    ],
)
def test_images_of_another_form_are_refused(image: Any, words: str):
    with pytest.raises(DataError, match=words):
        looked_at(image, normalisation=IMAGENET, side=64)
