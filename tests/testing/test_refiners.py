"""The contract of refiners sees what breaks it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from wsss.refine import ConstantBackground, Refine, Refiner
from wsss.testing import check_refiner
from wsss.types import ScoreMaps

CALLS: list[int] = []


@dataclass(frozen=True, kw_only=True)
class Faulty(Refiner):
    """Changes nothing, but for a fault."""

    fault: str = ""

    def open(self, inputs: Mapping[str, Path], device: torch.device) -> Refine:
        """See `Refiner`."""
        return lambda images, maps: [] if self.fault == "lost" else [self._apply(each, len(maps)) for each in maps]

    def _apply(self, maps: ScoreMaps, count: int) -> ScoreMaps:
        scores = maps.scores
        CALLS.append(1)
        match self.fault:
            case "label":
                return replace(maps, labels=maps.labels[:1], scores=scores[:1])
            case "random":
                return replace(maps, scores=scores / (1 + len(CALLS)))
            case "written":
                scores.mul_(0.5)
            case "batch":
                return replace(maps, scores=scores / count)
            case "empty":
                return replace(maps, scores=scores * (len(maps.labels) > 1))
            case _:
                pass
        return maps


def test_refiners_that_keep_their_promises_pass():
    check_refiner(ConstantBackground())
    check_refiner(Faulty())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("lost", "0 maps for 4 images"),
        ("label", r"labels \[0, 3, 7\] became \[0\]"),
        ("random", "a second call gave other scores"),
        ("written", "the maps were changed"),
        ("batch", "an image alone has other scores"),
        ("empty", "the background of an image without classes has a score of 0"),
    ],
)
def test_a_broken_promise_is_named(fault: str, said: str):
    with pytest.raises(AssertionError, match=said):
        check_refiner(Faulty(fault=fault))
