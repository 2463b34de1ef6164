"""Region-CAM against a loop over cells, and what its formulas promise."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from networks import TinyGAP, one_by_one
from torch import Tensor

from wsss.cams import LayerCAM, RegionCAM
from wsss.cams.base import scaled_to_one
from wsss.cams.regioncam import around
from wsss.resample import resample
from wsss.types import Cut, Targets

IMAGES = torch.randn(2, 3, 40, 32, generator=torch.Generator().manual_seed(4))
TARGETS = Targets.of([[0, 3], [2]])


def propagated(features: np.ndarray, maps: np.ndarray, *, radius: int, temperature: float) -> np.ndarray:
    """The weighted mean around each cell, cell by cell."""
    taken, (_, height, width) = np.zeros_like(maps), features.shape
    unit = features / np.maximum(np.linalg.norm(features, axis=0), 1e-12)
    for y, x in np.ndindex(height, width):
        near = [
            (y + down, x + right)
            for down, right in product(range(-radius, radius + 1), repeat=2)
            if 0 <= y + down < height and 0 <= x + right < width
        ]
        weights = np.exp([unit[:, y, x] @ unit[:, v, u] / temperature for v, u in near])
        taken[y, x] = np.average([maps[v, u] for v, u in near], weights=weights)
    return taken


@pytest.mark.parametrize("stage", ["none", "mean", "product"])
def test_it_is_a_loop_over_blocks_and_cells(stage: Any):
    network, found = (
        TinyGAP(),
        RegionCAM(block="stem", radius=2, temperature=0.3, stage=stage)(TinyGAP(), IMAGES, TARGETS),
    )
    levels = [one_by_one(network, block, IMAGES, TARGETS) for block in network.blocks]
    for place in range(len(TARGETS)):
        carried: np.ndarray | None = None
        for level in reversed(levels):
            maps, gradient = (each.numpy() for each in level[place])
            own = np.maximum((np.maximum(gradient, 0) * maps).sum(axis=0), 0)
            own = (own - own.min()) / (own.max() - own.min()) if own.max() > own.min() else 0 * own
            if carried is None:
                carried = own
                continue
            factor = own.shape[0] / carried.shape[0], own.shape[1] / carried.shape[1]
            finer = resample(torch.from_numpy(carried).float(), stride=factor, size=own.shape).double().numpy()
            moved = propagated(maps, finer, radius=2, temperature=0.3)
            carried = {"none": moved, "mean": (moved + own) / 2, "product": moved * own}[stage]
        np.testing.assert_allclose(found[place].numpy(), carried, atol=1e-4)


def test_at_the_last_block_it_is_layercam():
    expected = scaled_to_one(LayerCAM()(TinyGAP(), IMAGES, TARGETS).relu())
    torch.testing.assert_close(RegionCAM(block="last")(TinyGAP(), IMAGES, TARGETS), expected)


class TwoBlocks:
    """Given maps at two blocks of one size; every class's logit is the sum of the last maps' channel of its number."""

    blocks = ("block1", "last")
    stride = 1

    def __init__(self, first: Tensor, last: Tensor) -> None:
        self.maps = {"block1": first, "last": last}

    def until(self, block: str, images: Tensor) -> Cut:
        return Cut(maps=self.maps[block], stride=1)

    def after(self, block: str, cut: Cut) -> Tensor:
        return (cut.maps.sum(dim=(2, 3)) if block == "last" else cut.maps.sum(dim=(2, 3)) * 0)[:, :2]


def carried(first: Tensor, last: Tensor, **options: Any) -> Tensor:
    network: Any = TwoBlocks(first[None], last[None])
    return RegionCAM(block="block1", stage="none", **options)(network, torch.zeros(1, 3, 4, 6), Targets.of([[0]]))[0]


def halves() -> Tensor:
    """Features that are orthogonal on the left and on the right."""
    features = torch.zeros(2, 4, 6)
    features[0, :, :3] = features[1, :, 3:] = 1
    return features


def test_what_does_not_look_alike_does_not_mix():
    left = torch.zeros(2, 4, 6)
    left[0, 1, 1] = 5.0
    found = carried(halves(), left, temperature=0.01)
    assert (found[:, :3] > 0).sum() > 6, "it spreads within the half"
    torch.testing.assert_close(found[:, 3:], torch.zeros(4, 3))


def test_a_region_that_is_one_stays_one():
    full = torch.zeros(2, 4, 6)
    full[0, :, :3] = 1.0
    torch.testing.assert_close(carried(halves(), full, temperature=0.01), full[0])


def test_the_lower_the_temperature_the_more_a_cell_keeps_to_itself():
    features = torch.randn(6, 4, 6, generator=torch.Generator().manual_seed(5))
    last = torch.rand(2, 4, 6, generator=torch.Generator().manual_seed(6))
    torch.testing.assert_close(carried(features, last, temperature=1e-4), scaled_to_one(last[:1])[0])


def test_offsets_are_row_by_row_and_hold_the_cell_itself():
    maps = torch.arange(6.0).reshape(1, 2, 3) + 1
    moved = list(around(maps, 1))
    assert len(moved) == 9
    assert moved[0].tolist() == [[[0, 0, 0], [0, 1, 2]]]
    assert torch.equal(moved[4], maps)
    assert moved[5].tolist() == [[[2, 3, 0], [5, 6, 0]]]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("radius", 0, "radius must be at least 1, got 0"), ("temperature", 0.0, "temperature must be positive, got 0.0")],
)
def test_numbers_that_propagate_nothing_are_refused(option: str, value: float, message: str):
    with pytest.raises(ValueError, match=message):
        RegionCAM(**{option: value})
