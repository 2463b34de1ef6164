"""Tiles: what is merged is what the whole image would have given."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from wsss.tiles import Tiles
from wsss.types import Size
from wsss.views import SegmentationViews

SMALL = Tiles(side=32, align=8)


def put_together(tiles: Tiles, size: Size, scores: Callable[[slice, slice], Tensor]) -> Tensor:
    """The blocks in their places; a pixel that no block covers stays nan, and one that two cover is an error."""
    whole = torch.full((2, size.height, size.width), torch.nan)
    for rows, columns, block in tiles.merged(size, scores):
        assert whole[:, rows, columns].isnan().all()
        whole[:, rows, columns] = block
    return whole


def test_spans_by_hand():
    # Sides of 16, starts at multiples of 4: steps of 12, so 4 pixels are shared, of which the outer one is lost.
    first, second = Tiles(side=16, align=4).spans(25)
    assert (first.start, first.stop, second.start, second.stop) == (0, 16, 12, 25)
    assert first.weight.tolist() == [1.0] * 13 + [0.75, 0.25, 0.0]
    assert second.weight.tolist() == [0.0, 0.25, 0.75] + [1.0] * 10


def test_the_last_span_is_moved_back_instead_of_being_short():
    assert [(s.start, s.stop) for s in SMALL.spans(60)] == [(0, 32), (24, 56), (32, 60)]
    assert [(s.start, s.stop) for s in SMALL.spans(33)] == [(0, 32), (8, 33)]


@pytest.mark.parametrize("length", [1, 31, 32, 33, 40, 41, 63, 100, 257])
def test_spans_cover_every_pixel_with_a_weight_of_one(length: int):
    total = torch.zeros(length)
    for span in SMALL.spans(length):
        assert 0 < span.stop - span.start == len(span.weight) <= SMALL.side
        assert span.start % SMALL.align == 0
        total[span.start : span.stop] += span.weight
    torch.testing.assert_close(total, torch.ones(length))


def test_an_image_of_one_tile_is_left_as_it_is():
    scores = torch.rand(2, 32, 20)
    ((rows, columns, block),) = SMALL.merged(Size(height=32, width=20), lambda y, x: scores[:, y, x])
    assert (rows, columns) == (slice(0, 32), slice(0, 20))
    assert torch.equal(block, scores)


@pytest.mark.parametrize("size", [(100, 70), (33, 200), (20, 90), (90, 20), (65, 65)])
def test_equal_scores_merge_to_themselves(size: tuple[int, int]):
    scores = torch.rand(2, *size)
    whole = put_together(SMALL, Size(height=size[0], width=size[1]), lambda y, x: scores[:, y, x].clone())
    torch.testing.assert_close(whole, scores)


@pytest.mark.parametrize("size", [(100, 70), (65, 65), (90, 20)])
def test_merging_is_a_weighted_mean(size: tuple[int, int]):
    """Against all tiles added up in a canvas."""
    total, weight, number = np.zeros((2, *size)), np.zeros(size), iter(range(1000))
    answers: dict[tuple[int, int], float] = {}
    for row in SMALL.spans(size[0]):
        for column in SMALL.spans(size[1]):
            answers[row.start, column.start] = value = float(next(number))
            share = np.outer(row.weight.numpy(), column.weight.numpy())
            total[:, row.pixels, column.pixels] += np.array([value, -value])[:, None, None] * share
            weight[row.pixels, column.pixels] += share

    def scores(y: slice, x: slice) -> Tensor:
        value = answers[y.start, x.start]
        return torch.tensor([value, -value])[:, None, None].expand(2, y.stop - y.start, x.stop - x.start).clone()

    whole = put_together(SMALL, Size(height=size[0], width=size[1]), scores)
    np.testing.assert_allclose(whole.numpy(), total / weight, rtol=1e-5, atol=1e-4)


def local_network(*, stride: int) -> nn.Module:
    """Three convolutions, zero-padded: a pixel's logits depend on 3 cells around it, and on nothing else."""
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()]
    down = nn.AvgPool2d(stride)
    up = nn.Upsample(scale_factor=stride)
    return nn.Sequential(down, *layers, nn.Conv2d(4, 2, 3, padding=1), up).eval()


@pytest.mark.parametrize(("stride", "side", "size"), [(1, 64, (150, 131)), (4, 192, (256, 248))])
def test_a_network_that_sees_little_answers_as_for_the_whole_image(stride: int, side: int, size: tuple[int, int]):
    network, views = local_network(stride=stride), SegmentationViews(scales=(1.0,), flip=True)
    image, tiles = torch.randn(1, 3, *size), Tiles(side=side, align=8)
    assert 3 * stride <= side // 16
    assert min(len(tiles.spans(length)) for length in size) > 1
    with torch.no_grad():
        whole = views(network, image)[0]
        merged = put_together(
            tiles, Size(height=size[0], width=size[1]), lambda y, x: views(network, image[..., y, x])[0]
        )
    torch.testing.assert_close(merged, whole, rtol=0, atol=1e-5)


def test_without_the_lost_margin_there_would_be_seams():
    """The network of the test above, each tile alone: its padding shows."""
    network = local_network(stride=1)
    image = torch.randn(1, 3, 32, 64)
    with torch.no_grad():
        gap = (network(image)[..., :32] - network(image[..., :32])).abs().amax(dim=(0, 1, 2))
    assert gap[:29].max() < 1e-5 < gap[29:].min()


def test_a_network_that_sees_all_of_its_tile_leaves_no_edge():
    """Every tile answers its own mean: merged, neighbours differ by no more than the ramp's step."""
    image = torch.linspace(0, 1, 160).expand(2, 64, 160)

    def scores(y: slice, x: slice) -> Tensor:
        tile = image[:, y, x]
        return functional.adaptive_avg_pool2d(tile, 1).expand_as(tile).clone()

    whole = put_together(SMALL, Size(height=64, width=160), scores)
    assert whole.max() - whole.min() > 0.7
    assert whole.diff(dim=2).abs().max() < 0.15 / 4 + 1e-3  # tiles differ by 24 / 160, over a ramp of 4 pixels


@pytest.mark.parametrize("side", [0, 31])
def test_tiles_that_are_too_small_are_refused(side: int):
    with pytest.raises(ValueError, match=f"at least 32 pixels a side, got {side}"):
        Tiles(side=side, align=8)
