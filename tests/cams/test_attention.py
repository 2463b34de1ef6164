"""What methods on attention share: means over blocks, and matrices whose rows and columns add up to one."""

import torch
from networks import Attending
from torch import Tensor

from wsss.cams.adcam import ROUNDS
from wsss.cams.attention import balanced, mean_attention, with_row_sums_of_one


def random(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(4))


def test_a_cell_that_is_linked_to_none_keeps_to_itself():
    matrix = torch.tensor([[0.0, 0.0], [3.0, 1.0]])
    assert with_row_sums_of_one(matrix).tolist() == [[1.0, 0.0], [0.75, 0.25]]


def test_balanced_rows_and_columns_add_up_to_one():
    matrix = balanced(random(8, 8) + 0.01, rounds=ROUNDS)
    torch.testing.assert_close(matrix.sum(dim=1), torch.ones(8))
    torch.testing.assert_close(matrix.sum(dim=0), torch.ones(8), atol=1e-4, rtol=0)


def test_a_round_scales_columns_and_then_rows():
    matrix = random(4, 4) + 0.1
    columns = matrix / matrix.sum(dim=0, keepdim=True)
    torch.testing.assert_close(balanced(matrix, rounds=1), columns / columns.sum(dim=1, keepdim=True))
    assert torch.equal(balanced(matrix, rounds=0), matrix)


def test_attention_is_the_mean_over_the_blocks_that_are_asked_for():
    first, second, third = random(3, 1, 6, 6)
    network = Attending(torch.zeros(1, 1, 2, 3), first, second, third)
    mean = mean_attention(network, torch.zeros(1, 3, 2, 3), blocks=network.attending[-2:])
    torch.testing.assert_close(mean, (second + third) / 2)
