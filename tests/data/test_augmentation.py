"""Steps one by one, worked by hand; tests/data/test_transforms.py has what they come to together."""

import os
import sys

import numpy as np

from wsss.data.augmentation import augmented, random_colours, random_crop, random_flip, random_long_side, random_scale

ROW = np.array([[10, 20, 30]], dtype=np.uint8)


def test_importing_asks_nobody_for_a_newer_version():
    assert os.environ["NO_ALBUMENTATIONS_UPDATE"] == "1"
    assert sys.modules["albumentations.check_version"].opener is None  # made for its first request


def test_a_flip_mirrors_image_and_mask():
    image = np.repeat(ROW[:, :, None], 3, axis=2)
    seen = augmented([random_flip(1.0)], key=0, image=image, mask=ROW)
    assert seen["mask"].tolist() == [[30, 20, 10]]
    assert seen["image"][..., 0].tolist() == [[30, 20, 10]]


def test_a_crop_pads_images_with_a_colour_and_masks_with_255():
    image = np.full((1, 1, 3), 50, dtype=np.uint8)
    seen = augmented([random_crop(2, fill=(1, 2, 3))], key=0, image=image, mask=np.array([[7]], dtype=np.uint8))
    assert sorted(seen["mask"].ravel().tolist()) == [7, 255, 255, 255]
    assert (seen["image"][seen["mask"] == 255] == (1, 2, 3)).all()


def test_resizing_takes_the_areas_mean_where_an_image_shrinks():
    image = np.repeat(np.array([[10, 30], [50, 70]], dtype=np.uint8)[:, :, None], 3, axis=2)
    assert augmented([random_long_side(1, 1)], key=0, image=image)["image"].tolist() == [[[40, 40, 40]]]
    assert augmented([random_scale((0.5, 0.5))], key=0, image=image)["image"].tolist() == [[[40, 40, 40]]]


def test_a_mask_is_sampled_at_the_nearest_pixels_centre():
    mask = np.tile(np.arange(1, 7, dtype=np.uint8), (3, 1))
    # Of 3 x 6 pixels 1 x 2 are left: each covers three columns, of which the second has its centre.
    seen = augmented([random_scale((0.34, 0.34))], key=0, image=np.zeros((3, 6, 3), dtype=np.uint8), mask=mask)
    assert seen["mask"].tolist() == [[2, 5]]


def test_colours_depend_on_the_key_alone():
    image = np.random.default_rng(0).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    first, other, again = (augmented([random_colours(0.5)], key=key, image=image)["image"] for key in (1, 2, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
