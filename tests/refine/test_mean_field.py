"""Mean field with kernels that are written out as matrices."""

import numpy as np
import pytest
import torch
from torch import Tensor

from wsss.refine.lattice import Lattice, Rows
from wsss.refine.mean_field import mean_field


def rows(matrix: Tensor) -> Rows:
    height, width = matrix.shape
    return Rows(
        columns=torch.arange(width, dtype=torch.int32).repeat(height),
        ends=torch.arange(0, height * width + 1, width, dtype=torch.int32),
        weights=matrix.flatten(),
    )


def kernel(matrix: Tensor) -> Lattice:
    """A filter that is this matrix: corners are the points themselves."""
    return Lattice(splat=rows(torch.eye(len(matrix))), blur=(), slicing=rows(matrix))


@pytest.mark.parametrize("iterations", [1, 4])
def test_each_step_adds_what_the_others_believe(iterations: int):
    energies, first, second = torch.rand(3, 5), torch.rand(5, 5), torch.rand(5, 5)
    marginals = mean_field(
        energies, [kernel(first), kernel(second)], strengths=[2.0, 0.5], iterations=iterations
    ).numpy()

    pairwise = 2.0 * first.double().numpy() + 0.5 * second.double().numpy()
    believed = np.exp(-energies.double().numpy())
    believed /= believed.sum(axis=0)
    for _ in range(iterations):
        scores = np.zeros((3, 5))
        for label in range(3):
            for pixel in range(5):
                said = sum(pairwise[pixel, other] * believed[label, other] for other in range(5))
                scores[label, pixel] = said - energies[label, pixel]
        believed = np.exp(scores) / np.exp(scores).sum(axis=0)
    np.testing.assert_allclose(marginals, believed, atol=1e-5)


def test_without_kernels_the_energies_decide():
    energies = torch.rand(3, 5)
    torch.testing.assert_close(mean_field(energies, [], strengths=[], iterations=2), (-energies).softmax(dim=0))


def test_energies_are_left_alone():
    energies = torch.rand(2, 4)
    kept = energies.clone()
    mean_field(energies, [kernel(torch.rand(4, 4))], strengths=[1.0], iterations=2)
    assert torch.equal(energies, kept)
