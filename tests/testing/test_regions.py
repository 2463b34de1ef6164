"""The contract of region finders sees what breaks it."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from wsss.regions import Felzenszwalb, RegionFinder
from wsss.regions.base import Find
from wsss.testing import check_region_finder

CALLS: list[int] = []


@dataclass(frozen=True, kw_only=True)
class Faulty(RegionFinder):
    """The whole image, but for a fault."""

    fault: str = ""

    def open(self, device: torch.device) -> Find:
        """See `RegionFinder`."""
        return lambda _, image: self._find(image)

    def _find(self, image: np.ndarray) -> np.ndarray:
        layers = np.ones((1, *image.shape[:2]), dtype=np.uint16)
        CALLS.append(1)
        match self.fault:
            case "size":
                return layers[:, :-1]
            case "random":
                return layers * (len(CALLS) % 2)
            case "numbers":
                return layers * 2
            case _:
                return layers


def test_finders_that_keep_their_promises_pass():
    check_region_finder(Felzenszwalb())
    check_region_finder(Faulty())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("size", r"regions of \(47, 64\) for an image of \(48, 64\)"),
        ("random", "a second call found other regions"),
        ("numbers", r"numbers of regions are \[2\]"),
    ],
)
def test_a_broken_promise_is_named(fault: str, said: str):
    with pytest.raises(AssertionError, match=said):
        check_region_finder(Faulty(fault=fault))
