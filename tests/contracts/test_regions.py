"""The contract of every region finder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from builders import defined
from PIL import Image
from sam import tiny_sam

from wsss import regions
from wsss.regions import SLIC, Felzenszwalb, RegionFinder, SegmentAnything, StoredRegions
from wsss.testing.regions import CPU, PROMISES, Promise, images_with_regions


def stored(folder: Path) -> StoredRegions:
    """Two masks of every image that overlap."""
    for name, image in images_with_regions().items():
        (folder / name).mkdir(parents=True)
        mask = np.full(image.shape[:2], 255, dtype=np.uint8)
        Image.fromarray(mask).save(folder / name / "all.png")
        mask[::2] = 0
        Image.fromarray(mask).save(folder / name / "rows.png")
    return StoredRegions(folder=folder)


MADE: dict[str, Callable[[Path], RegionFinder]] = {
    "Felzenszwalb": lambda _: Felzenszwalb(),
    "SLIC": lambda _: SLIC(),
    "SegmentAnything": lambda path: SegmentAnything(
        model=str(tiny_sam(path / "sam")), points_a_side=3, least_iou=0.0, least_stability=0.0
    ),
    "StoredRegions": lambda path: stored(path / "masks"),
}


def test_every_finder_is_here():
    assert [cls.__name__ for cls in defined(regions, RegionFinder)] == list(MADE)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("name", MADE)
def test_a_finder_keeps(name: str, promise: Promise, tmp_path: Path):
    promise(MADE[name](tmp_path).open(CPU), images_with_regions())
