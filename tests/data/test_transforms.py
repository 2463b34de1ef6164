"""Augmentation: geometry by hand on tiny images, masks against images, and randomness as a function of the key."""

import multiprocessing
import pickle
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from wsss.data.transforms import ClassifierTransform, EvalTransform, SegmenterTransform
from wsss.errors import ConfigError

FILL = (9, 8, 255)
BLOCK = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
LARGE = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)


def offsets_of(part: np.ndarray, whole: np.ndarray) -> list[tuple[int, int]]:
    """Find where a square `part` lies in a square `whole`, by looking everywhere."""
    side, places = len(part), range(len(whole) - len(part) + 1)
    return [(y, x) for y in places for x in places if np.array_equal(whole[y : y + side, x : x + side], part)]


def coordinates(height: int, width: int) -> np.ndarray:
    """Paint every pixel with its own place: red is 2 x, green is 3 y."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[..., 0] = 2 * np.arange(width)
    image[..., 1] = 3 * np.arange(height)[:, None]
    return image


def test_a_small_image_keeps_all_its_pixels_at_every_place_of_the_crop():
    transform = ClassifierTransform(long_side=(4, 4), crop=8, flip=0.0)
    seen = set()
    for key in range(300):
        image = transform(BLOCK, key=key, fill=FILL)
        assert image.shape == (8, 8, 3)
        assert (image == FILL).all(axis=-1).sum() == 64 - 16
        seen.update(offsets_of(BLOCK, image))
    assert seen == {(y, x) for y in range(5) for x in range(5)}


def test_a_crop_is_taken_at_every_place_of_a_large_image():
    transform = ClassifierTransform(long_side=(8, 8), crop=4, flip=0.0)
    places = [offsets_of(transform(LARGE, key=key, fill=FILL), LARGE) for key in range(300)]
    assert {place for (place,) in places} == {(y, x) for y in range(5) for x in range(5)}


def test_an_image_of_the_crops_size_is_left_as_it_is_or_mirrored():
    never, half, always = (ClassifierTransform(long_side=(4, 4), crop=4, flip=flip) for flip in (0.0, 0.5, 1.0))
    assert np.array_equal(never(BLOCK, key=1, fill=FILL), BLOCK)
    assert np.array_equal(always(BLOCK, key=1, fill=FILL), BLOCK[:, ::-1])
    mirrored = sum(not np.array_equal(half(BLOCK, key=key, fill=FILL), BLOCK) for key in range(400))
    assert 160 < mirrored < 240  # four standard deviations of a fair coin


@pytest.mark.parametrize("shape", [(8, 4), (4, 8), (80, 40)])
def test_every_long_side_of_the_range_comes_at_the_images_own_aspect(shape: tuple[int, int]):
    transform = ClassifierTransform(long_side=(4, 6), crop=8, flip=0.0)
    sizes = set()
    for key in range(60):
        covered = (transform(np.zeros((*shape, 3), dtype=np.uint8), key=key, fill=FILL) != FILL).all(axis=-1)
        sizes.add((int(covered.any(axis=1).sum()), int(covered.any(axis=0).sum())))
    upright = {(4, 2), (5, 2), (6, 3)}  # half of 5 rounds to the even 2
    assert sizes == (upright if shape[0] > shape[1] else {(x, y) for y, x in upright})


def test_a_shrunk_image_is_averaged_and_not_sampled():
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    seen = ClassifierTransform(long_side=(16, 16), crop=16)(stripes, key=3, fill=FILL)
    assert np.abs(seen.astype(int) - 100).max() <= 1


def test_colours_are_jittered_in_the_image_and_not_in_the_padding():
    transform = ClassifierTransform(long_side=(8, 8), crop=12, flip=0.0, colour_jitter=0.3)
    grey = np.full((8, 8, 3), 100, dtype=np.uint8)
    values = set()
    for key in range(100):
        seen = transform(grey, key=key, fill=FILL)
        assert (seen == FILL).all(axis=-1).sum() == 144 - 64
        values.update(seen[(seen != FILL).all(axis=-1)].ravel().tolist())
    assert 70 <= min(values) < 75  # brightness alone changes grey, by up to 0.3
    assert 125 < max(values) <= 130


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_masks_stay_on_their_images(flip: float):
    image = coordinates(60, 100)
    columns = np.broadcast_to(np.arange(100, dtype=np.uint8), (60, 100)).copy()
    rows = np.broadcast_to(np.arange(60, dtype=np.uint8)[:, None], (60, 100)).copy()
    transform = SegmenterTransform(crop=96, flip=flip)
    means = []
    for key in range(40):
        seen, mask = transform(image, columns, key=key, fill=FILL)
        same, other = transform(image, rows, key=key, fill=FILL)
        assert np.array_equal(seen, same)
        assert np.array_equal(mask == 255, (seen == FILL).all(axis=-1))
        inside = mask != 255
        for away in (seen[..., 0] / 2 - mask, seen[..., 1] / 3 - other):
            assert np.abs(away[inside]).max() <= 0.7  # half a pixel to the nearest, and rounding
            means.append(away[inside].mean())
    assert abs(np.mean(means)) < 0.05  # OpenCV's plain nearest, from pixels' corners, is half a pixel off


def test_a_mask_is_neither_mixed_nor_jittered():
    mask = np.where(np.arange(40) < 20, 3, 17).astype(np.uint8) * np.ones((30, 1), dtype=np.uint8)
    transform = SegmenterTransform(scale=(0.5, 2.0), crop=64, colour_jitter=1.0)
    seen = np.unique([transform(coordinates(30, 40), mask, key=key, fill=FILL)[1] for key in range(30)])
    assert seen.tolist() == [3, 17, 255]


def test_scales_span_their_range():
    transform = SegmenterTransform(scale=(0.5, 1.5), crop=200, flip=0.0)
    image, mask = np.zeros((100, 100, 3), dtype=np.uint8), np.zeros((100, 100), dtype=np.uint8)
    sides = [int(np.sqrt((transform(image, mask, key=key, fill=FILL)[1] == 0).sum())) for key in range(200)]
    assert min(sides) in range(50, 53)
    assert max(sides) in range(147, 151)
    assert abs(np.mean(sides) - 100) < 8  # four standard deviations of the mean of a uniform one


def test_scales_may_be_a_few_of_which_each_is_equally_likely():
    transform = SegmenterTransform(scale=(3.0, 3.0), scales=(0.5, 1.0, 1.5), crop=200, flip=0.0)
    image, mask = np.zeros((100, 100, 3), dtype=np.uint8), np.zeros((100, 100), dtype=np.uint8)
    sides = [int(np.sqrt((transform(image, mask, key=key, fill=FILL)[1] == 0).sum())) for key in range(300)]
    assert set(sides) == {50, 100, 150}
    assert all(68 < sides.count(side) < 132 for side in (50, 100, 150))  # four standard deviations around 100
    assert transform.limited(side=None, augment=False).scales == ()


def test_padding_may_be_at_the_right_and_bottom_alone():
    transform = SegmenterTransform(scale=(1.0, 1.0), crop=8, flip=0.0, padding="end")
    for key in range(30):
        image, mask = transform(BLOCK, np.full((4, 4), 7, np.uint8), key=key, fill=FILL)
        assert np.array_equal(image[:4, :4], BLOCK)
        assert (mask == 7).sum() == 16
        assert (mask[:4, :4] == 7).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 49), (3, 2)])
def test_the_smallest_image_keeps_a_pixel_at_every_scale(shape: tuple[int, int]):
    transform = SegmenterTransform(scale=(0.1, 1.5), crop=8, flip=0.0)
    for key in range(40):
        image, mask = transform(np.zeros((*shape, 3), np.uint8), np.full(shape, 7, np.uint8), key=key, fill=FILL)
        assert 7 in mask
        assert set(mask.flat) <= {7, 255}
        assert (image[mask == 7] == 0).all()


def test_an_image_depends_on_its_key_alone():
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    transform = ClassifierTransform(long_side=(30, 60), crop=48, colour_jitter=0.3)
    first = {key: transform(image, key=key, fill=FILL) for key in (5, 2**63 - 1, 0)}
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 # the global generator is what must not matter
    for key in (0, 5, 2**63 - 1):
        assert np.array_equal(first[key], transform(image, key=key, fill=FILL))
        assert np.array_equal(first[key], pickle.loads(pickle.dumps(transform))(image, key=key, fill=FILL))
    assert len({seen.tobytes() for seen in first.values()}) == 3


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_another_process_sees_the_same(start: str):
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    mask = image[..., 0] // 2
    transform = SegmenterTransform(crop=48, colour_jitter=0.3)
    here = [transform(image, mask, key=key, fill=FILL) for key in range(3)]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(start)) as pool:
        waiting = [pool.submit(transform, image, mask, key=key, fill=FILL) for key in (2, 1, 0)]
        there = [future.result() for future in waiting][::-1]
    for (image_here, mask_here), (image_there, mask_there) in zip(here, there, strict=True):
        assert np.array_equal(image_here, image_there)
        assert np.array_equal(mask_here, mask_there)


def test_eval_resizes_to_a_square_and_averages():
    wide = np.zeros((10, 64, 3), dtype=np.uint8)
    wide[:, ::2] = 200
    seen = EvalTransform(size=16)(wide)
    assert seen.shape == (16, 16, 3)
    assert np.abs(seen[:, 2:-2].astype(int) - 100).max() <= 3
    assert np.array_equal(EvalTransform(size=4)(BLOCK), BLOCK)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ClassifierTransform(long_side=(640, 320)), r"long_side: \[640, 320\] is not a range"),
        (lambda: ClassifierTransform(long_side=(0, 320)), r"long_side: \[0, 320\] is not a range"),
        (lambda: SegmenterTransform(scale=(0.0, 1.0)), r"scale: \[0.0, 1.0\] is not a range"),
        (lambda: SegmenterTransform(crop=0), "crop: 0 is not a number of pixels"),
        (lambda: ClassifierTransform(flip=1.5), r"flip: 1\.5 is not in 0 \.\. 1"),
        (lambda: EvalTransform(size=0), "size: 0 is not a number of pixels"),
    ],
)
def test_options_without_a_meaning_are_refused(make: Callable[[], object], message: str):
    with pytest.raises(ConfigError, match=message):
        make()


def test_all_wrong_options_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        ClassifierTransform(long_side=(2, 1), crop=-1, flip=-1.0, colour_jitter=2.0)
    named = [problem.split(":")[0] for problem in caught.value.problems]
    assert named == ["long_side", "flip", "colour_jitter", "crop"]


def test_a_smaller_side_takes_as_much_of_an_image():
    classifier = ClassifierTransform(long_side=(320, 640), crop=512, flip=0.5).limited(side=64, augment=True)
    assert classifier == ClassifierTransform(long_side=(40, 80), crop=64, flip=0.5)
    segmenter = SegmenterTransform(scale=(0.5, 1.5), crop=512).limited(side=64, augment=True)
    assert segmenter == SegmenterTransform(scale=(0.5, 1.5), crop=64)
    assert EvalTransform(size=512).limited(side=64, augment=True) == EvalTransform(size=64)


def test_without_augmentation_only_places_and_long_sides_are_random():
    classifier = ClassifierTransform(flip=0.5, colour_jitter=0.3).limited(side=None, augment=False)
    assert classifier == ClassifierTransform(flip=0.0, colour_jitter=0.0)
    segmenter = SegmenterTransform(colour_jitter=0.3).limited(side=None, augment=False)
    assert segmenter == SegmenterTransform(scale=(1.0, 1.0), flip=0.0, colour_jitter=0.0)
    assert EvalTransform(size=8).limited(side=None, augment=False) == EvalTransform(size=8)
