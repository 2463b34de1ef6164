import pytest
import torch

from wsss.errors import ModelError
from wsss.models.cuts.grids import ChannelsFirst, ChannelsLast, Grid, Tokens, grid_of

CELLS = torch.arange(24.0).reshape(1, 2, 3, 4)  # two channels, three rows, four columns


@pytest.mark.parametrize(
    ("grid", "output"),
    [
        (ChannelsFirst(), CELLS),
        (ChannelsLast(), CELLS.permute(0, 2, 3, 1)),
        (Tokens(patch=8), torch.cat([torch.full((1, 2, 2), -1.0), CELLS.flatten(2).transpose(1, 2)], dim=1)),
    ],
    ids=["first", "last", "tokens"],
)
def test_maps_go_and_return(grid: Grid, output: torch.Tensor):
    maps, kept = grid.maps(output, height=24, width=32)
    assert torch.equal(maps, CELLS)
    assert torch.equal(grid.output(maps, kept), output)


def test_tokens_without_a_prefix():
    maps, (prefix,) = Tokens(patch=8).maps(CELLS.flatten(2).transpose(1, 2), height=24, width=32)
    assert torch.equal(maps, CELLS)
    assert prefix.shape == (1, 0, 2)


@pytest.mark.parametrize(
    ("grid", "shape", "words"),
    [
        (ChannelsFirst(), (1, 5, 2), "channels first"),
        (ChannelsLast(), (1, 5, 2), "channels last"),
        (Tokens(patch=8), (1, 2, 3, 4), "tokens"),
        (Tokens(patch=8), (1, 11, 2), "11 tokens are fewer than the 3 x 4 patches"),
        (Tokens(patch=64), (1, 11, 2), "11 tokens are fewer than the 0 x 0 patches"),
    ],
)
def test_another_form_is_refused(grid: Grid, shape: tuple[int, ...], words: str):
    with pytest.raises(ModelError, match=words):
        grid.maps(torch.zeros(shape), height=24, width=32)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 5, 7, 10), ChannelsFirst()),  # 7 x 10 cells of 32 pixels
        ((1, 7, 10, 768), ChannelsLast()),
        ((1, 7, 9, 7), ChannelsLast()),  # rounded down
        ((1, 1 + 14 * 20, 24), Tokens(patch=16)),
        ((1, 5 + 14 * 20, 24), Tokens(patch=16)),
        ((1, 7 * 10, 24), Tokens(patch=32)),
    ],
)
def test_the_layout_is_found_by_the_shape(shape: tuple[int, ...], expected: Grid):
    assert grid_of(torch.zeros(shape), height=224, width=320) == expected


def test_channels_come_first_where_both_would_do():
    assert grid_of(torch.zeros(1, 64, 64, 64), height=64, width=64) == ChannelsFirst()


@pytest.mark.parametrize("shape", [(1, 5), (1, 5, 20, 3), (1, 3, 20, 5), (1, 290, 24), (1, 2, 3, 4, 5)])
def test_an_output_without_a_grid_of_the_images_proportions_is_refused(shape: tuple[int, ...]):
    with pytest.raises(ModelError, match="no grid of the proportions of an image of 320 x 224 pixels"):
        grid_of(torch.zeros(shape), height=224, width=320)
