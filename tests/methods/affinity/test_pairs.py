"""Pairs of cells: which there are, the way between them by hand, and affinities against loops."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from wsss.methods.affinity.pairs import Surrounded, edge_affinities, feature_affinities, offsets, path


@pytest.mark.parametrize(("radius", "count"), [(2, 4), (5, 34), (10, 152)])
def test_half_of_the_neighbours_within_a_radius(radius: int, count: int):
    every = offsets(radius)
    opposites = {(-y, -x) for y, x in every}
    inside = {(y, x) for y in range(-20, 21) for x in range(-20, 21) if 0 < math.hypot(y, x) < radius}
    assert len(every) == count
    assert not opposites & set(every)
    assert opposites | set(every) == inside


def test_neighbours_of_a_small_radius_in_order():
    assert offsets(2) == ((0, 1), (1, -1), (1, 0), (1, 1))


def test_the_way_by_hand():
    assert path((0, 3)) == ((0, 0), (0, 1), (0, 2), (0, 3))
    # The corners beside a diagonal are 0.71 cells from it.
    assert path((1, 1)) == ((0, 0), (0, 1), (1, 0), (1, 1))
    # From (0, 0) to (1, -2): (0, -1) and (1, -1) are 0.45 away, (0, -2) and (1, 0) 0.89.
    assert path((1, -2)) == ((0, -2), (0, -1), (0, 0), (1, -2), (1, -1), (1, 0))
    # (0, 2) and (2, 0) are 1.41 from the diagonal.
    assert set(path((2, 2))) == {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)}


def test_maps_are_seen_from_a_neighbours_place():
    seen = Surrounded(torch.tensor([[1, 2, 3], [4, 5, 6]]), radius=3, fill=255)
    assert seen.at((0, 0)).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert seen.at((1, -1)).tolist() == [[255, 4, 5], [255, 255, 255]]
    assert seen.at((-1, 2)).tolist() == [[255, 255, 255], [3, 255, 255]]


def looped(shape: tuple[int, int], radius: int, affinity_of: object) -> Tensor:
    """Affinities pair by pair, zero for what leaves the grid: `[k y x]`."""
    height, width = shape
    result = np.zeros((len(offsets(radius)), height, width), dtype=np.float32)
    for k, (down, right) in enumerate(offsets(radius)):
        for y in range(height):
            for x in range(width):
                if 0 <= y + down < height and 0 <= x + right < width:
                    result[k, y, x] = affinity_of((y, x), (down, right))
    return torch.from_numpy(result)


def test_feature_affinities_against_a_loop():
    features = torch.randn(2, 3, 4, 7)
    affinities = torch.stack(list(feature_affinities(features, radius=3)), dim=1)
    for image, found in zip(features.numpy(), affinities, strict=True):

        def of(cell: tuple[int, int], offset: tuple[int, int], image: np.ndarray = image) -> float:
            a, b = image[:, cell[0], cell[1]], image[:, cell[0] + offset[0], cell[1] + offset[1]]
            return math.exp(-np.abs(a - b).mean())

        torch.testing.assert_close(found, looped((4, 7), 3, of))


def test_edge_affinities_against_a_loop():
    edges = torch.rand(2, 5, 6)
    affinities = torch.stack(list(edge_affinities(edges, radius=4)), dim=1)
    for image, found in zip(edges.numpy(), affinities, strict=True):

        def of(cell: tuple[int, int], offset: tuple[int, int], image: np.ndarray = image) -> float:
            return 1 - max(image[cell[0] + y, cell[1] + x] for y, x in path(offset))

        torch.testing.assert_close(found, looped((5, 6), 4, of))


def test_a_pair_learns_from_the_strongest_edge_on_its_way_alone():
    edges = torch.tensor([[[0.1, 0.7, 0.2]]], requires_grad=True)
    (across,) = [a for a, o in zip(edge_affinities(edges, radius=3), offsets(3), strict=True) if o == (0, 2)]
    assert across.tolist() == [[[pytest.approx(0.3), 0, 0]]]
    across.sum().backward()
    assert edges.grad is not None
    assert edges.grad.tolist() == [[[0, -1, 0]]]


@pytest.mark.parametrize("affinities", [feature_affinities, edge_affinities])
def test_a_grid_smaller_than_the_radius_has_the_pairs_that_fit(affinities: object):
    maps = torch.rand(1, 2, 2) if affinities is edge_affinities else torch.rand(1, 3, 2, 2)
    found = torch.stack(list(affinities(maps, radius=5)))
    assert found.isfinite().all()
    assert {offsets(5)[k] for k in found.flatten(1).any(dim=1).nonzero()[:, 0].tolist()} == {
        (0, 1),
        (1, -1),
        (1, 0),
        (1, 1),
    }
