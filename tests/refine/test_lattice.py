"""The lattice: against dictionaries of corners, and a sum over all pairs of points."""

from collections import defaultdict

import numpy as np
import pytest
import torch
from torch import Tensor

from wsss.refine.lattice import Lattice, Rows, _sorted, corner_keys, elevate, enclosing

DIMENSIONS = [1, 2, 5]


def points(dimensions: int, *, count: int = 40, spread: float = 4.0) -> Tensor:
    return spread * torch.rand(dimensions, count) - spread / 2


def distances(features: Tensor) -> Tensor:
    return (features[:, :, None] - features[:, None]).square().sum(dim=0).sqrt()


def corners_of(features: Tensor) -> Tensor:
    """Coordinates `[n a a]` of every point's corners: point, corner, axis."""
    simplices, axes = enclosing(features), len(features) + 1
    corner = torch.arange(axes)[:, None, None]
    far = simplices.rank > axes - 1 - corner
    return (simplices.cell * axes + corner - axes * far).permute(2, 0, 1)


@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_elevated_coordinates_sum_to_0_and_keep_distances(dimensions: int):
    features = points(dimensions)
    elevated = elevate(features)
    assert elevated.sum(dim=0).abs().max() < 1e-4
    unit = (2 / 3) ** 0.5 * (dimensions + 1)  # a standard deviation, in the lattice's units
    torch.testing.assert_close(distances(elevated), unit * distances(features), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_a_point_lies_where_its_weights_say(dimensions: int):
    """Weights that are not negative, sum to 1 and mix the corners to the point: it is in that simplex."""
    features = points(dimensions)
    weights = enclosing(features).weights
    assert weights.min() > -1e-6
    torch.testing.assert_close(weights.sum(dim=0), torch.ones(40))
    mixed = torch.einsum("an,nac->cn", weights, corners_of(features).float())
    torch.testing.assert_close(mixed, elevate(features), atol=1e-4, rtol=0)


@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_corners_are_those_of_one_simplex(dimensions: int):
    """They are lattice points (coordinates sum to 0, all with the same remainder), each a step from the next."""
    corners, axes = corners_of(points(dimensions)), dimensions + 1
    assert (corners.sum(dim=2) == 0).all()
    assert (corners % axes == torch.arange(axes)[:, None]).all()
    steps = corners.roll(-1, dims=1) - corners
    assert ((steps == 1).sum(dim=2) == dimensions).all()
    assert ((steps == -dimensions).sum(dim=2) == 1).all()


def test_ties_go_to_the_first_axis():
    """Any order would give the same weights, but other corners; the reference's is this one."""
    assert enclosing(torch.zeros(2, 1)).rank[:, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_keys_tell_corners_apart_and_lead_to_neighbours(dimensions: int):
    features = points(dimensions, count=60, spread=2.0)
    axes = dimensions + 1
    keys, steps = corner_keys(enclosing(features))
    at = {}
    for key, corner in zip(keys.flatten().tolist(), corners_of(features).reshape(-1, axes).tolist(), strict=True):
        assert at.setdefault(key, corner) == corner
        assert key % axes == corner[0] % axes
    assert len({tuple(corner) for corner in at.values()}) == len(at)
    key_of = {tuple(corner): key for key, corner in at.items()}
    for key, corner in at.items():
        for axis in range(axes):
            neighbour = tuple(value + (dimensions if axis == own else -1) for own, value in enumerate(corner))
            led_to = key + int(steps[axis, key % axes])
            assert led_to == key_of[neighbour] if neighbour in key_of else led_to not in at


def by_dictionary(features: Tensor, values: Tensor) -> Tensor:
    """Splat, blur and slice with dictionaries of coordinates, in double precision."""
    simplices, axes = enclosing(features), len(features) + 1
    corners = [[tuple(corner) for corner in own] for own in corners_of(features).tolist()]
    held: dict[tuple[int, ...], np.ndarray] = defaultdict(lambda: np.zeros(values.shape[1]))
    for own, weights, value in zip(corners, simplices.weights.T.tolist(), values.double().numpy(), strict=True):
        for corner, weight in zip(own, weights, strict=True):
            held[corner] = held[corner] + weight * value
    for axis in range(axes):
        blurred = {}
        for corner, value in held.items():
            there = [value + (axes - 1 if axis == own else -1) for own, value in enumerate(corner)]
            back = [value - (axes - 1 if axis == own else -1) for own, value in enumerate(corner)]
            blurred[corner] = value + sum(held[tuple(n)] / 2 for n in (there, back) if tuple(n) in held)
        held = blurred
    read = [
        sum(weight * held[corner] for corner, weight in zip(own, weights, strict=True))
        for own, weights in zip(corners, simplices.weights.T.tolist(), strict=True)
    ]
    return torch.from_numpy(np.stack(read) / (1 + 2.0 ** (1 - axes))).float()


@pytest.mark.parametrize("spread", [0.0, 2.0, 30.0])
@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_filter_is_splat_blur_and_slice(dimensions: int, spread: float):
    features, values = points(dimensions, spread=spread), torch.rand(40, 3)
    torch.testing.assert_close(Lattice.around(features).filter(values), by_dictionary(features, values))


def gaussian(features: Tensor) -> Tensor:
    return torch.exp(-(torch.cdist(features.T, features.T) ** 2) / 2)


@pytest.mark.parametrize(("dimensions", "error"), [(2, 0.03), (5, 0.15)])
def test_filter_is_close_to_a_gaussian(dimensions: int, error: float):
    """Up to a factor, which the normalisation removes; crowded points, so that corners have their neighbours."""
    features, values = points(dimensions, count=1500, spread=3.0), torch.rand(1500, 2)
    values[:, 0] = (features[0] > 0).float()
    lattice, dense = Lattice.around(features), gaussian(features)
    mean = lattice.filter(values) / lattice.filter(torch.ones(1500, 1))
    assert (mean - dense @ values / dense.sum(dim=1, keepdim=True)).abs().mean() < error * values.std()


@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_normalised_is_symmetric_in_what_it_divides_by(dimensions: int):
    """D^-1/2 K D^-1/2 leaves D^1/2 alone, since K 1 = D 1; and it filters as K between two divisions."""
    lattice = Lattice.around(points(dimensions))
    sums = lattice.filter(torch.ones(40, 1))
    values = torch.rand(40, 2)
    torch.testing.assert_close(lattice.normalised().filter(sums.sqrt()), sums.sqrt())
    expected = lattice.filter(values / sums.sqrt()) / sums.sqrt()
    torch.testing.assert_close(lattice.normalised().filter(values), expected)


def test_points_in_another_order_give_values_in_that_order():
    features, values, order = points(5), torch.rand(40, 3), torch.randperm(40)
    moved = Lattice.around(features[:, order]).filter(values[order])
    torch.testing.assert_close(moved, Lattice.around(features).filter(values)[order])


def test_one_point_alone_keeps_most_of_its_value():
    # Corner by corner w, blurred by nobody else than corners of the same simplex.
    kept = Lattice.around(torch.tensor([[0.3], [0.7]])).filter(torch.ones(1, 1)).item()
    torch.testing.assert_close(kept, by_dictionary(torch.tensor([[0.3], [0.7]]), torch.ones(1, 1)).item())


def test_both_ways_of_sorting_are_one():
    for keys in (torch.randint(0, 50, (1000,)), torch.randint(0, 50, (1000,)) + (1 << 60)):
        ordered, order = _sorted(keys)
        expected = torch.sort(keys, stable=True)
        assert torch.equal(ordered, expected.values)
        assert torch.equal(order, expected.indices)


def test_rows_are_a_product_with_a_sparse_matrix():
    # 2 x 3: [[0, 2, 1], [0, 0, 0]]
    rows = Rows(
        columns=torch.tensor([1, 2], dtype=torch.int32),
        ends=torch.tensor([0, 2, 2], dtype=torch.int32),
        weights=torch.tensor([2.0, 1.0]),
    )
    product = rows @ torch.tensor([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    assert product.tolist() == [[7.0, 70.0], [0.0, 0.0]]


@pytest.mark.parametrize(("dimensions", "reach"), [(5, 5e4), (5, 1e6), (5, 1e12), (2, 1e9), (1, 1e38)])
def test_points_that_are_too_far_apart_are_refused(dimensions: int, reach: float):
    """From the first on, keys need more than 62 bits; the others are beyond what float32 tells apart."""
    with pytest.raises(ValueError, match="a standard deviation is too small for this image"):
        Lattice.around(torch.linspace(0, reach, 7).expand(dimensions, 7).contiguous())


def test_points_that_can_just_be_told_apart_are_taken():
    far = torch.tensor([[0.0, 1e6, 0.0, 1e6], [0.0, 0.0, 1e6, 1e6]])
    seen = Lattice.around(far).filter(torch.eye(4))
    assert (seen.diag() > 0).all()
    assert not (seen - seen.diag().diag()).any(), "no point sees another"
