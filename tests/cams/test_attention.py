"""What methods on attention share: means over blocks, and matrices whose rows and columns add up to one."""

import torch
from networks import Attending
from torch import Tensor

from wsss.cams import ADCAM
from wsss.cams.adcam import ROUNDS
from wsss.cams.attention import balanced, mean_attention, with_row_sums_of_one
from wsss.types import Targets


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


def test_a_method_reads_the_last_layers_that_it_is_asked_for():
    maps, images, one = random(1, 1, 2, 3), torch.zeros(1, 3, 2, 3), Targets.of([[0]])
    first, second, third = random(3, 1, 6, 6)
    for layers, read in ((1, [third]), (2, [second, third]), ("all", [first, second, third])):
        found = ADCAM(layers=layers)(Attending(maps, first, second, third), images, one)
        torch.testing.assert_close(found, ADCAM()(Attending(maps, *read), images, one))


def test_every_image_is_carried_along_its_own_attention():
    maps, attention, images = random(2, 1, 2, 3), random(2, 6, 6), torch.zeros(2, 3, 2, 3)
    both = ADCAM()(Attending(maps, attention), images, Targets.of([[0], [0]]))
    for place in (0, 1):
        here = slice(place, place + 1)
        alone = ADCAM()(Attending(maps[here], attention[here]), images[here], Targets.of([[0]]))
        torch.testing.assert_close(both[here], alone)
