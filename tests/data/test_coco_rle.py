"""COCO's run lengths, beside COCO's own code."""

import numpy as np
import pytest
from pycocotools import mask as theirs

from wsss.data.coco_rle import coco_counts, coco_mask
from wsss.errors import DataError


def drawn(height: int, width: int, share: float) -> np.ndarray:
    return np.random.default_rng(0).random((height, width)) < share


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (40, 60), (1, 5000)])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.98, 1.0])
def test_counts_are_those_of_pycocotools(size: tuple[int, int], share: float):
    mask = drawn(*size, share)
    counts = theirs.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert coco_counts(mask) == counts
    assert (coco_mask(counts, height=size[0], width=size[1]) == mask).all()


def test_long_runs_and_falling_ones():
    mask = np.zeros((300, 400), dtype=bool)
    mask[50:200, 100:300] = True
    mask[3, 350] = True
    counts = theirs.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert coco_counts(mask) == counts
    assert (coco_mask(counts, height=300, width=400) == mask).all()


@pytest.mark.parametrize("counts", ["", "13", "1 3", "o", "oooooooooo1", "5O"])
def test_what_is_not_of_the_size_is_refused(counts: str):
    with pytest.raises(DataError, match="the run lengths"):
        coco_mask(counts, height=3, width=3)
