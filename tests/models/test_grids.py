import pytest
import torch

from wsss.errors import ModelError
from wsss.models.grids import ChannelsFirst, ChannelsLast, Grid, Tokens

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
