"""The contract of refiners: a list of maps for lists of images and maps, of the same labels, with scores in [0, 1]."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from jaxtyping import Integer
from numpy.typing import NDArray

from wsss.refine import ConstantBackground, Refine, Refiner
from wsss.refine.base import Inputs
from wsss.types import ScoreMaps, Size

Images = list[NDArray[np.uint8]]
Promise = Callable[[Refine, Images, list[ScoreMaps]], None]

CPU: Final = torch.device("cpu")
SHOWN: Final = ((3, 7), (2,), (), (254,))
"""The labels of four images."""


def check_refiner(refiner: Refiner, inputs: Inputs | None = None) -> None:
    """Raise an `AssertionError` at the first promise that a refiner breaks.

    `inputs` are networks and folders by role, for a refiner that `needs` what a stage made; regions are drawn.
    """
    refiner.check()
    refine = opened(refiner, inputs or {})
    for promise in PROMISES:
        images = images_to_refine()
        promise(refine, images, maps_to_refine(refiner, images))


def opened(refiner: Refiner, inputs: Inputs) -> Refine:
    """Open a refiner, for the regions of the images that it is given where it reads those."""
    if "regions" not in refiner.needs:
        return refiner.open(inputs, CPU)

    def refine(images: Sequence[NDArray[np.uint8]], maps: Sequence[ScoreMaps]) -> list[ScoreMaps]:
        regions = [regions_to_refine(image) for image in images]
        return refiner.open({**inputs, "regions": regions}, CPU)(images, maps)

    return refine


def regions_to_refine(image: NDArray[np.uint8]) -> Integer[np.ndarray, "2 h w"]:
    """Return two layers of regions of an image: quarters, and stripes with pixels between that lie in none."""
    rows, columns = np.indices(image.shape[:2])
    quarters = 1 + 2 * (2 * rows // image.shape[0]) + 2 * columns // image.shape[1]
    stripes = np.where(rows % 3 == 2, 0, 1 + rows // 3)
    return np.stack([quarters, stripes]).astype(np.uint16)


def images_to_refine() -> Images:
    """Return pictures of several sizes, one of them smaller than a cell; read-only, as decoders return them."""
    pixels = np.random.default_rng(0).integers(0, 20, size=(24, 32, 3), dtype=np.uint8)
    pixels[:, 16:] += 180
    images = [pixels, pixels[:17, 5:28], pixels, pixels[:3, :2]]
    for image in images:
        image.setflags(write=False)
    return images


def maps_to_refine(refiner: Refiner, images: Images) -> list[ScoreMaps]:
    """Return maps of two classes, one, none and one; with a background, unless it is the refiner that adds it."""
    generator = torch.Generator().manual_seed(4)
    maps = [
        ScoreMaps(
            labels=torch.tensor(labels, dtype=torch.int64),
            scores=torch.rand(len(labels), -(-image.shape[0] // 4), -(-image.shape[1] // 4), generator=generator),
            size=Size(height=image.shape[0], width=image.shape[1]),
        )
        for image, labels in zip(images, SHOWN, strict=True)
    ]
    return maps if refiner.background_row == "adds" else ConstantBackground().open({}, CPU)(images, maps)


def labels_are_kept_and_the_background_added_at_most(refine: Refine, images: Images, maps: list[ScoreMaps]) -> None:
    """As many maps as images, each of the same size and classes."""
    refined = refine(images, maps)
    assert isinstance(refined, list), f"expected a list, got a {type(refined).__name__}"
    assert len(refined) == len(images), f"{len(refined)} maps for {len(images)} images"
    for before, after in zip(maps, refined, strict=True):
        labels = before.labels.tolist()
        assert after.labels.tolist() in (labels, [0, *labels]), f"labels {labels} became {after.labels.tolist()}"
        assert after.size == before.size, f"the size {before.size} became {after.size}"


def scores_are_float32_in_0_1(refine: Refine, images: Images, maps: list[ScoreMaps]) -> None:
    """They can be compared between refiners, and saved."""
    for after in refine(images, maps):
        assert after.scores.dtype == torch.float32, f"scores are {after.scores.dtype}"
        assert after.scores.isfinite().all(), "scores are not finite"
        low, high = float(after.scores.min()), float(after.scores.max())
        assert 0 <= low <= high <= 1, f"scores lie in [{low}, {high}]"


def the_same_comes_out_again(refine: Refine, images: Images, maps: list[ScoreMaps]) -> None:
    """Deterministic, and what was given stays as it was."""
    first, second = refine(images, maps), refine(images, maps)
    assert all(map(_equal, first, second)), "a second call gave other scores"
    given = images_to_refine()
    assert all(np.array_equal(a, b) for a, b in zip(images, given, strict=True)), "the images were changed"


def maps_are_left_alone(refine: Refine, images: Images, maps: list[ScoreMaps]) -> None:
    """Scores are not written into."""
    before = [each.scores.clone() for each in maps]
    refine(images, maps)
    assert all(torch.equal(a, b.scores) for a, b in zip(before, maps, strict=True)), "the maps were changed"


def images_do_not_see_each_other(refine: Refine, images: Images, maps: list[ScoreMaps]) -> None:
    """An image's maps do not depend on the batch it came in."""
    alone = [refine([image], [each])[0] for image, each in zip(images, maps, strict=True)]
    assert all(map(_equal, refine(images, maps), alone)), "an image alone has other scores than among others"


def an_image_without_classes_is_background(refine: Refine, images: Images, maps: list[ScoreMaps]) -> None:
    """A map of the background alone, above zero everywhere."""
    place = SHOWN.index(())
    after = refine(images, maps)[place]
    assert after.labels.tolist() == [0], f"an image without classes has the labels {after.labels.tolist()}"
    assert after.scores.min() > 0, "the background of an image without classes has a score of 0"


def nothing_in_nothing_out(refine: Refine, images: Images, maps: list[ScoreMaps]) -> None:
    """An empty batch is an empty list."""
    del images, maps
    assert refine([], []) == [], "something came of nothing"


PROMISES: Final[tuple[Promise, ...]] = (
    labels_are_kept_and_the_background_added_at_most,
    scores_are_float32_in_0_1,
    the_same_comes_out_again,
    maps_are_left_alone,
    images_do_not_see_each_other,
    an_image_without_classes_is_background,
    nothing_in_nothing_out,
)


def _equal(a: ScoreMaps, b: ScoreMaps) -> bool:
    return torch.equal(a.scores, b.scores)
