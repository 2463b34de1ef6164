from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from wsss.cams.relevance import Convolution, Pointwise, Pooling, Sum, carried, quotient, run, shared
from wsss.protocols import LayerChain

SHAPES = [
    {},
    {"stride": 2, "padding": 1},
    {"padding": 2, "dilation": 2},
    {"padding": (0, 1), "stride": (1, 2)},
    {"padding": 1, "groups": 2},
]


def convolution(weight: Tensor, *, pixels: bool = False, **options: Any) -> Convolution:
    convolve = partial(functional.conv2d, **options)
    return Convolution(steps=(lambda x: convolve(x, weight),), weight=weight, convolve=convolve, pixels=pixels)


def pointwise_convolution(*rows: list[float]) -> Convolution:
    return convolution(torch.tensor(rows)[:, :, None, None])


def column(*values: float) -> Tensor:
    """One cell with a value a channel."""
    return torch.tensor(values, dtype=torch.float32)[None, :, None, None]


def by_shares(
    maps: Tensor, weight: Tensor, relevance: Tensor, *, share: Callable[[float, float], float], options: dict[str, Any]
) -> Tensor:
    """What every input of a convolution gets, connection by connection; `share` sees the value and the weight.

    Which inputs an output sees, and through which weight, is asked of the convolution itself, one input at a time.
    """
    result = torch.zeros_like(maps, dtype=torch.float64)
    connections: dict[tuple[int, ...], list[tuple[tuple[int, ...], float]]] = {}
    for place in product(*(range(side) for side in maps.shape)):
        alone = torch.zeros_like(maps)
        alone[place] = 1
        reached = functional.conv2d(alone, weight, **options)
        for output in reached.nonzero().tolist():
            connections.setdefault(tuple(output), []).append((place, float(reached[tuple(output)])))
    for output, inputs in connections.items():
        shares = [share(float(maps[place]), w) for place, w in inputs]
        if sum(shares) > 0:
            for (place, _), each in zip(inputs, shares, strict=True):
                result[place] += float(relevance[output]) * each / sum(shares)
    return result.float()


@pytest.mark.parametrize("options", SHAPES, ids=str)
def test_a_convolution_shares_relevance_out_by_positive_contributions(options: dict[str, Any]):
    weight = torch.randn(4, 4 // options.get("groups", 1), 3, 3)
    maps = torch.randn(1, 4, 6, 5)
    relevance = torch.randn_like(functional.conv2d(maps, weight, **options))
    raw = convolution(weight, **options).back(maps, relevance)
    expected = by_shares(
        maps, weight, relevance, share=lambda x, w: max(x, 0) * max(w, 0) + min(x, 0) * min(w, 0), options=options
    )
    assert torch.allclose(raw, expected, atol=1e-5)


@pytest.mark.parametrize("options", SHAPES[:4], ids=str)
def test_the_first_convolution_shares_relevance_out_above_the_bounds(options: dict[str, Any]):
    weight, maps = torch.randn(4, 3, 3, 3), torch.randn(1, 3, 6, 5)
    low, high = float(maps.min()), float(maps.max())
    relevance = torch.randn_like(functional.conv2d(maps, weight, **options))
    raw = convolution(weight, pixels=True, **options).back(maps, relevance)
    expected = by_shares(
        maps, weight, relevance, share=lambda x, w: w * x - max(w, 0) * low - min(w, 0) * high, options=options
    )
    assert torch.allclose(raw, expected, atol=1e-5)


def test_every_image_has_bounds_of_its_own():
    layer, maps = convolution(torch.randn(4, 3, 3, 3), pixels=True), torch.randn(2, 3, 5, 5)
    maps[1] *= 10
    relevance = torch.randn(2, 4, 3, 3)
    alone = [layer.back(maps[i : i + 1], relevance[i : i + 1]) for i in range(2)]
    assert torch.allclose(layer.back(maps, relevance), torch.cat(alone), atol=1e-6)


def test_a_convolution_by_hand():
    # Evidence: 2 * 1, -1 * -2, and none of 3 * -1.
    layer, maps = pointwise_convolution([1.0, -2.0, -1.0]), column(2, -1, 3)
    assert layer.back(maps, column(8)).flatten().tolist() == [4, 4, 0]


def test_relevance_for_which_there_is_no_evidence_is_lost():
    layer, maps = pointwise_convolution([1.0, -1.0], [-1.0, -2.0]), column(3, 1)
    assert layer.back(maps, column(5, 7)).flatten().tolist() == [5, 0]


def test_pooling_by_hand():
    maps = torch.tensor([[[[1.0, 3.0, -2.0, -1.0], [4.0, 0.0, 0.0, -5.0]]]])
    relevance = torch.tensor([[[[16.0, 9.0]]]])
    # The second window has no positive value.
    assert Pooling(step=nn.MaxPool2d(2)).back(maps, relevance).tolist() == [[[[0, 0, 0, 0], [16, 0, 0, 0]]]]
    assert Pooling(step=nn.AvgPool2d(2)).back(maps, relevance).tolist() == [[[[2, 6, 0, 0], [8, 0, 0, 0]]]]


def test_a_sum_gives_each_branch_its_share():
    # The branch is twice the second channel into the first, minus the first into the second: 4 and -3 beside 3 and 2.
    layer = Sum(branches=((), (pointwise_convolution([0.0, 2.0], [-1.0, 0.0]),)))
    maps = column(3, 2)
    assert layer.run(maps).flatten().tolist() == [7, -1]
    # Of 14, 6 stay and 8 go to the second channel; of 5 in the negative sum all are the branch's, without evidence.
    assert layer.back(maps, column(14, 5)).flatten().tolist() == [6, 8]


def test_in_a_negative_sum_the_negative_parts_count():
    # The branch is 3 times the first channel, -2, and the second, 1, into the first: sums of -2 - 5 and 1 + 0.
    layer = Sum(branches=((), (pointwise_convolution([3.0, 1.0], [0.0, 0.0]),)))
    maps = column(-2, 1)
    assert layer.run(maps).flatten().tolist() == [-7, 1]
    # Of 7, 2 stay, and 5 go through the branch to its only evidence; of 4 all stay.
    assert layer.back(maps, column(7, 4)).flatten().tolist() == [2, 9]


def test_what_keeps_its_cell_keeps_its_relevance_and_its_input():
    layer, maps = Pointwise(step=nn.ReLU(inplace=True)), column(-1, 2)
    assert layer.run(maps).flatten().tolist() == [0, 2]
    assert maps.flatten().tolist() == [-1, 2]
    assert layer.back(maps, column(3, 4)).flatten().tolist() == [3, 4]


def test_layers_in_a_row_lose_nothing_where_there_is_evidence():
    layers = (
        convolution(torch.rand(6, 3, 3, 3) - 0.5, pixels=True, padding=1),
        Pointwise(step=lambda x: x.relu() + 0.1),
        Sum(branches=((), (convolution(torch.randn(6, 6, 1, 1)),))),
        Pointwise(step=lambda x: x.relu() + 0.1),
        Pooling(step=nn.MaxPool2d(3, stride=2, padding=1)),
        convolution(torch.randn(5, 6, 3, 3), stride=2, padding=1),
    )
    maps = torch.randn(2, 3, 15, 14)
    relevance = torch.randn_like(run(layers, maps))
    total = carried(layers, maps, relevance=relevance).sum(dim=(1, 2, 3))
    assert torch.allclose(total, relevance.sum(dim=(1, 2, 3)), atol=1e-4)


def test_layers_without_negative_numbers_give_input_times_gradient():
    depthwise = convolution(torch.rand(6, 1, 3, 3), padding=1, groups=6)
    layers = (
        convolution(torch.rand(6, 3, 3, 3), padding=1),
        Sum(branches=((convolution(torch.rand(6, 6, 1, 1)),), (), (depthwise,))),
        Pooling(step=nn.MaxPool2d(2)),
        Pooling(step=nn.AvgPool2d(2)),
    )
    maps, weights = torch.rand(2, 3, 8, 8).requires_grad_(), torch.randn(2, 6, 2, 2)
    output = run(layers, maps)
    (gradient,) = torch.autograd.grad((output * weights).sum(), maps)
    raw = carried(layers, maps.detach(), relevance=output.detach() * weights)
    assert torch.allclose(raw, maps.detach() * gradient, rtol=1e-4, atol=1e-5)


def test_no_layers_carry_nothing_anywhere():
    maps = torch.rand(1, 2, 3, 3)
    assert carried((), maps, relevance=maps) is maps
    assert run((), maps) is maps


def test_shares_of_several_inputs_are_added():
    raw = shared(lambda a, b: 3 * a + b, (column(1, 2), column(1, 0)), relevance=column(8, 6))
    assert raw.flatten().tolist() == [8, 6]


@pytest.mark.parametrize("evidence", [0.0, 1e-31, -1e-38, 1e-8])
def test_a_quotient_by_nothing_is_nothing(evidence: float):
    found = quotient(torch.tensor([[[[6.0, 6.0]]]]), torch.tensor([[[[evidence, 2.0]]]]))
    assert found.tolist() == [[[[0, 3]]]]


def test_small_evidence_counts_in_a_channel_of_its_own():
    assert quotient(column(2e-20, 6), column(1e-20, 2)).flatten().tolist() == pytest.approx([2, 3])


def test_gradients_are_left_alone():
    weight = torch.randn(2, 2, 1, 1)
    maps = torch.randn(1, 2, 3, 3).requires_grad_()
    with torch.no_grad():
        raw = convolution(weight).back(maps, torch.randn(1, 2, 3, 3))
    assert not raw.requires_grad
    assert maps.grad is None


def test_a_chain_is_what_tells_its_layers():
    class Chain:
        def layers(self, block: str) -> tuple[Pooling, ...]:
            return ()

    assert isinstance(Chain(), LayerChain)
    assert not isinstance(nn.ReLU(), LayerChain)
