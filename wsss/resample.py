"""Change the grid that a map is sampled on, by one rule: cells have extents, and extents stay aligned.

A map of stride `s` describes cells of s x s pixels whose first corner is the image's corner, so cell i is centred on
pixel coordinate (i + 0.5) s. Both axes are independent: resampling is `rows @ map @ columns.T` with two small dense
matrices.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def linear_weights(
    cells: int, pixels: int, *, stride: float, device: torch.device | None = None
) -> Float[Tensor, "{pixels} {cells}"]:
    """Return the linear interpolation from `cells` cells of `stride` pixels each to `pixels` pixel centres.

    Beyond the outermost cell centres the outermost cells are repeated, as `align_corners=False` does. Rows sum to 1.

    >>> linear_weights(2, 4, stride=2)
    tensor([[1.0000, 0.0000],
            [0.7500, 0.2500],
            [0.2500, 0.7500],
            [0.0000, 1.0000]])
    """
    position = ((torch.arange(pixels, device=device) + 0.5) / stride - 0.5).clamp(0, cells - 1)
    distance = (position[:, None] - torch.arange(cells, device=device)).abs()
    return (1 - distance).clamp(min=0).float()


def gaussian_weights(
    cells: int, pixels: int, *, stride: float, sigma: float, device: torch.device | None = None
) -> Float[Tensor, "{pixels} {cells}"]:
    """Return how `cells` cells of `stride` pixels each spread over `pixels` pixel centres, with `sigma` in pixels.

    Columns sum to 1: what a cell near the border would lose beyond it is shared out within.

    >>> gaussian_weights(2, 4, stride=2, sigma=2).sum(dim=0)
    tensor([1., 1.])
    """
    centre = (torch.arange(cells, device=device) + 0.5) * stride
    distance = (torch.arange(pixels, device=device) + 0.5)[:, None] - centre
    return (-((distance / sigma) ** 2) / 2).float().softmax(dim=0)


def resample(
    maps: Float[Tensor, "*n y x"], *, stride: tuple[float, float], size: tuple[int, int]
) -> Float[Tensor, "*n {size[0]} {size[1]}"]:
    """Interpolate maps linearly to `size` pixels; one cell covers `stride` (vertical, horizontal) of these pixels.

    >>> resample(torch.tensor([[0.0, 4.0]]), stride=(1, 2), size=(1, 4))
    tensor([[0., 1., 3., 4.]])
    """
    rows = linear_weights(maps.shape[-2], size[0], stride=stride[0], device=maps.device)
    columns = linear_weights(maps.shape[-1], size[1], stride=stride[1], device=maps.device)
    return along_both_axes(maps, rows=rows, columns=columns)


def along_both_axes(
    maps: Float[Tensor, "*n y x"], *, rows: Float[Tensor, "h y"], columns: Float[Tensor, "w x"]
) -> Float[Tensor, "*n h w"]:
    """Return `rows @ map @ columns.T` for every map, in single precision also inside autocast."""
    with torch.autocast(maps.device.type, enabled=False):
        return rows @ maps.float() @ columns.T


def linear_rows(maps: Float[Tensor, "*n y w"], *, height: int, rows: slice) -> Float[Tensor, "*n r w"]:
    """Return rows `rows` of maps that linear interpolation brings to `height` rows, without making the others.

    It is what `functional.interpolate` makes of them with `align_corners=False`.

    >>> linear_rows(torch.tensor([[0.0], [4.0]]), height=4, rows=slice(1, 3))
    tensor([[1.],
            [3.]])
    """
    cells = maps.shape[-2]
    if cells == height:
        return maps[..., rows, :]
    pixels = torch.arange(rows.start, rows.stop, device=maps.device)
    position = ((pixels + 0.5) * (cells / height) - 0.5).clamp(0, cells - 1)
    above = position.long()
    below = (above + 1).clamp(max=cells - 1)
    return maps[..., above, :].lerp(maps[..., below, :], (position - above)[:, None])
