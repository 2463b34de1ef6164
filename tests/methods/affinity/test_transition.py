"""The walk, step by step on planes, against the dense matrix that PSA and IRN square eight times."""

import pytest
import torch
from torch import Tensor

from wsss.methods.affinity.pairs import edge_affinities, feature_affinities, offsets
from wsss.methods.affinity.transition import Transition


def dense(affinities: Tensor, *, radius: int, beta: float) -> Tensor:
    """The papers' T in double precision: `[n n]`, columns that sum to 1; rows are where scores come from."""
    _, height, width = affinities.shape
    matrix = torch.eye(height * width, dtype=torch.float64)
    for k, (down, right) in enumerate(offsets(radius)):
        for y in range(height):
            for x in range(width):
                if 0 <= y + down < height and 0 <= x + right < width:
                    here, there = y * width + x, (y + down) * width + x + right
                    matrix[here, there] = matrix[there, here] = affinities[k, y, x].double() ** beta
    return matrix / matrix.sum(dim=0, keepdim=True)


@pytest.mark.parametrize("kind", ["edges", "features"])
@pytest.mark.parametrize(("size", "radius", "beta"), [((9, 13), 5, 10.0), ((6, 5), 3, 8.0), ((3, 2), 5, 1.0)])
def test_is_the_dense_matrix_squared_eight_times(kind: str, size: tuple[int, int], radius: int, beta: float):
    every = (
        edge_affinities(torch.rand(1, *size) ** 3, radius=radius)
        if kind == "edges"
        else feature_affinities(torch.randn(1, 6, *size) / 2, radius=radius)
    )
    affinities = torch.stack([each[0] for each in every])
    maps = torch.rand(3, *size)
    expected = maps.double().flatten(1) @ torch.linalg.matrix_power(dense(affinities, radius=radius, beta=beta), 256)
    walked = Transition.of(affinities, radius=radius, beta=beta).walk(maps, steps=256)
    torch.testing.assert_close(walked.flatten(1).double(), expected, atol=5e-5, rtol=0)  # 256 steps in float32


def of_edges(edges: Tensor, *, beta: float = 10.0, radius: int = 5) -> Transition:
    return Transition.of((a[0] for a in edge_affinities(edges[None], radius=radius)), radius=radius, beta=beta)


def test_shares_of_a_cell_sum_to_one_and_leave_the_grid_nowhere():
    transition = of_edges(torch.rand(7, 9))
    assert len(transition.weights) == 69
    torch.testing.assert_close(torch.stack(list(transition.weights.values())).sum(dim=0), torch.ones(7, 9))
    assert transition.weights[0, 4][:, -4:].abs().max() == 0
    assert transition.weights[-3, 0][:3].abs().max() == 0


@pytest.mark.parametrize("steps", [0, 1, 256])
def test_constants_are_kept_and_no_map_leaves_its_range(steps: int):
    transition = of_edges(torch.rand(12, 10))
    maps = torch.cat([torch.full((1, 12, 10), 0.3), torch.rand(2, 12, 10) * 0.5 + 0.2])
    walked = transition.walk(maps, steps=steps)
    assert torch.equal(walked[0], maps[0])
    for before, after in zip(maps, walked, strict=True):
        assert before.min() <= after.min() <= after.max() <= before.max()
    assert torch.equal(walked[1], maps[1]) == (steps == 0)


def test_edges_everywhere_let_nothing_move():
    maps = torch.rand(2, 6, 7)
    torch.testing.assert_close(of_edges(torch.ones(6, 7)).walk(maps, steps=256), maps)


def test_no_edge_at_all_is_the_mean_of_the_neighbourhood():
    maps = torch.rand(1, 6, 8)
    walked = of_edges(torch.zeros(6, 8), radius=2).walk(maps, steps=1)
    for y, x in ((0, 0), (3, 4), (5, 2)):
        around = maps[0, max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
        assert walked[0, y, x].item() == pytest.approx(around.mean().item(), rel=1e-5)
    # In the end a cell holds the mean of all, each counted by its neighbours and itself.
    counts = torch.nn.functional.conv2d(torch.ones(1, 1, 6, 8), torch.ones(1, 1, 3, 3), padding=1)[0]
    expected = (maps * counts).sum() / counts.sum()
    torch.testing.assert_close(of_edges(torch.zeros(6, 8), radius=2).walk(maps, steps=2000), expected.expand(1, 6, 8))


def test_nothing_crosses_a_wall():
    edges = torch.zeros(8, 11)
    edges[:, 5] = 1
    maps = torch.zeros(1, 8, 11)
    maps[:, :, :3] = 1
    walked = of_edges(edges).walk(maps, steps=256)
    assert walked[0, :, :5].min() > 0.4
    assert walked[0, :, 5:].max() == 0


def test_maps_do_not_see_each_other_and_are_left_alone():
    maps = torch.rand(3, 7, 5)
    kept, transition = maps.clone(), of_edges(torch.rand(7, 5))
    together = transition.walk(maps, steps=20)
    assert torch.equal(maps, kept)
    assert torch.equal(together[1], transition.walk(maps[1:2], steps=20)[0])


def test_memory_grows_with_the_cells_and_not_with_their_square():
    """A photograph of 2000 x 1500 pixels: the dense matrix would take 140 GB."""
    transition = of_edges(torch.rand(375, 500))
    kept = sum(weight.untyped_storage().nbytes() for weight in transition.weights.values())
    assert kept < 4 * 375 * 500 * 70
    assert transition.walk(torch.rand(1, 375, 500), steps=1).isfinite().all()
