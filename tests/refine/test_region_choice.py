"""SEPL's rule by hand, and that its defects are mended."""

from typing import Any

import numpy as np
import pytest
import torch
from builders import score_maps

from wsss.masks import Argmax, ConfidentShare
from wsss.refine import RegionChoice
from wsss.types import ScoreMaps

LINE = [0, 0, 1, 1, 1, 2, 2, 0, 0, 0]


def maps_of(labels: list[int]) -> ScoreMaps:
    """Maps of background and classes 1 and 2 whose strongest label is given for each pixel of a line."""
    scores = torch.stack([torch.tensor([0.9 if label == each else 0.1 for each in labels]) for label in (0, 1, 2)])
    return score_maps([0, 1, 2], scores[:, None])


def chosen(*regions: list[int], labels: list[int] = LINE, **options: Any) -> list[int]:
    """The labels of a line after regions, each a layer with ones where it lies."""
    layers = np.array([[region] for region in regions], dtype=np.uint16).reshape(-1, 1, len(labels))
    return Argmax()(RegionChoice(**options).apply(maps_of(labels), regions=layers))[0].tolist()


def test_a_region_takes_the_label_that_more_than_half_of_it_has():
    assert chosen([0, 1, 1, 1, 1, 1, 0, 0, 0, 0]) == [0, 1, 1, 1, 1, 1, 2, 0, 0, 0]  # 3 of 5
    assert chosen([1, 1, 1, 1, 0, 0, 0, 0, 0, 0]) == LINE  # 2 of 4, and 2 of 3 of the class


def test_the_background_takes_regions_too():
    assert chosen([0, 0, 0, 0, 0, 0, 1, 1, 1, 0]) == [0, 0, 1, 1, 1, 2, 0, 0, 0, 0]


def test_a_region_that_holds_a_class_takes_it_unless_it_is_much_larger():
    around = [0, 0, 0, 0, 0, 1, 1, 1, 1, 0]  # all of class 2, half of the region
    assert chosen(around) == [0, 0, 1, 1, 1, 2, 2, 2, 2, 0]
    assert chosen(around, largest=1.5) == LINE
    part = [0, 0, 0, 0, 0, 0, 1, 1, 0, 0]  # half of class 2, half of the region
    assert chosen(part) == LINE
    assert chosen(part, covers=0.5) == [0, 0, 1, 1, 1, 2, 2, 2, 0, 0]
    whole = [1] * 10
    assert chosen(whole, labels=[1, 1, 1, 2, 2, 2, 0, 0, 0, 0]) == [1, 1, 1, 2, 2, 2, 0, 0, 0, 0]


def test_of_several_regions_the_purest_counts_in_any_order():
    mixed, pure = [0, 0, 1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1, 0, 0, 0]
    assert chosen(mixed, pure) == chosen(pure, mixed) == LINE
    assert chosen(mixed) == [0, 0, 1, 1, 1, 1, 2, 0, 0, 0]


def test_pixels_in_no_region_and_images_without_regions_keep_their_labels():
    assert chosen() == LINE
    assert chosen([0] * 10) == LINE


def test_disagreement_may_stay_open():
    layers = np.array([[[0, 1, 1, 1, 1, 1, 0, 0, 0, 0]]], dtype=np.uint16)
    found = RegionChoice(disagreement="open").apply(maps_of(LINE), regions=layers)
    assert ConfidentShare()(found)[0].tolist() == [0, 255, 1, 1, 1, 255, 2, 0, 0, 0]
    assert ConfidentShare()(RegionChoice().apply(maps_of(LINE), regions=layers))[0].tolist() == [
        *(0, 1, 1, 1, 1, 1, 2, 0, 0, 0)
    ]


def test_what_has_no_background_or_another_size_is_refused():
    alone = score_maps([1], torch.ones(1, 1, 10))
    with pytest.raises(ValueError, match="regions choose between labels: put a background rule before them"):
        RegionChoice().apply(alone, regions=np.ones((1, 1, 10), dtype=np.uint16))
    with pytest.raises(ValueError, match=r"regions of \(2, 10\) pixels do not belong to maps"):
        RegionChoice().apply(maps_of(LINE), regions=np.ones((1, 2, 10), dtype=np.uint16))
    for wrong in ({"covers": 0.0}, {"largest": 0.9}):
        with pytest.raises(ValueError, match="covers must lie above 0 and up to 1, and largest"):
            RegionChoice(**wrong)
