"""The contract of region finders: layers of numbered pixels as large as the image, the same every time."""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.regions import RegionFinder
from wsss.regions.base import Find

Images = dict[str, NDArray[np.uint8]]
Promise = Callable[[Find, Images], None]

CPU: Final = torch.device("cpu")


def check_region_finder(finder: RegionFinder) -> None:
    """Raise an `AssertionError` at the first promise that a finder breaks."""
    finder.check()
    finder.check_images(list(images_with_regions()))
    find = finder.open(CPU)
    for promise in PROMISES:
        promise(find, images_with_regions())


def images_with_regions() -> Images:
    """Return pictures by id: two plain halves, the same with a square in one, noise, and a single pixel."""
    halves = np.zeros((48, 64, 3), dtype=np.uint8)
    halves[:, 32:] = (200, 220, 40)
    squared = halves.copy()
    squared[16:40, 4:28] = (250, 30, 30)
    noise = np.random.default_rng(0).integers(0, 256, size=(37, 23, 3), dtype=np.uint8)
    images = {"halves": halves, "squared": squared, "noise": noise, "pixel": halves[:1, :1]}
    for image in images.values():
        image.setflags(write=False)
    return images


def layers_are_as_large_as_the_image(find: Find, images: Images) -> None:
    """Numbers of 16 bits, one a pixel and layer."""
    for name, image in images.items():
        layers = find(name, image)
        assert layers.dtype == np.uint16, f"regions are {layers.dtype}"
        assert layers.shape[1:] == image.shape[:2], f"regions of {layers.shape[1:]} for an image of {image.shape[:2]}"


def the_same_comes_out_again(find: Find, images: Images) -> None:
    """Deterministic, and the image stays as it was."""
    for name, image in images.items():
        before = image.copy()
        assert np.array_equal(find(name, image), find(name, image)), "a second call found other regions"
        assert np.array_equal(image, before), "the image was changed"


def numbers_are_used(find: Find, images: Images) -> None:
    """Every number up to a layer's largest is that of a region."""
    for name, image in images.items():
        for layer in find(name, image):
            present = np.unique(layer[layer > 0])
            assert present.tolist() == list(range(1, len(present) + 1)), f"numbers of regions are {present.tolist()}"


PROMISES: Final[tuple[Promise, ...]] = (
    layers_are_as_large_as_the_image,
    the_same_comes_out_again,
    numbers_are_used,
)
