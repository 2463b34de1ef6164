"""Clusters of directions, and which of them the classifier takes for a class."""

import torch

from wsss.methods.lpcam.clusters import centres, parts, share_of, surroundings

GENERATOR = torch.Generator().manual_seed(2)
AXES = torch.eye(4)[:3]


def around_axes(count: int) -> torch.Tensor:
    """Cells near one of three directions each, of any length."""
    rows = AXES.repeat_interleave(count, dim=0) + 0.05 * torch.rand(3 * count, 4, generator=GENERATOR)
    return rows * (1 + 9 * torch.rand(3 * count, 1, generator=GENERATOR))


def test_centres_are_the_means_of_what_points_the_same_way():
    cells = around_axes(20)
    found = centres(cells, count=3, random_seed=0)
    means = cells.reshape(3, 20, 4).mean(dim=1)
    order = [int((means - row).norm(dim=1).argmin()) for row in found]
    assert sorted(order) == [0, 1, 2]
    torch.testing.assert_close(found, means[order])


def test_the_order_of_cells_and_equal_ones_part_nothing():
    cells = around_axes(5)
    mixed = cells[torch.randperm(15, generator=GENERATOR)]
    sorted_rows = [
        rows[rows[:, 0].argsort()] for rows in (centres(each, count=3, random_seed=0) for each in (cells, mixed))
    ]
    torch.testing.assert_close(*sorted_rows)
    assert centres(torch.ones(7, 4), count=3, random_seed=0).tolist() == [[1.0, 1.0, 1.0, 1.0]]
    assert centres(torch.zeros(0, 4), count=3, random_seed=0).shape == (0, 4)


def test_shares_are_those_of_the_softmax_over_classes():
    weight = torch.randn(5, 4, generator=GENERATOR)
    cells = torch.randn(6, 4, generator=GENERATOR)
    exponents = (cells @ weight.T).exp()
    torch.testing.assert_close(share_of(cells, weight=weight, cls=3), exponents[:, 3] / exponents.sum(dim=1))


def test_a_class_keeps_its_most_certain_cluster():
    assert parts(torch.tensor([0.91, 0.9, 0.99]), least=0.9).tolist() == [True, False, True]
    assert parts(torch.tensor([0.1, 0.3, 0.2]), least=0.9).tolist() == [False, True, False]


def test_surroundings_are_neither_the_class_nor_anything_at_all():
    assert surroundings(torch.tensor([0.05, 0.06, 0.89, 0.9]), least=0.05, below=0.9).tolist() == [
        False,
        True,
        True,
        False,
    ]
