import pytest
import torch
from torch.nn import functional

from wsss.resample import along_both_axes, gaussian_weights, linear_rows, linear_weights, resample


@pytest.mark.parametrize(
    ("cells", "size"), [((3, 5), (12, 20)), ((4, 4), (4, 4)), ((3, 7), (10, 11)), ((8, 6), (4, 3)), ((1, 1), (5, 2))]
)
def test_is_torchs_interpolation_where_the_extents_match(cells: tuple[int, int], size: tuple[int, int]):
    maps = torch.rand(2, *cells)
    stride = size[0] / cells[0], size[1] / cells[1]
    expected = functional.interpolate(maps[None], size=size, mode="bilinear", align_corners=False)[0]
    assert torch.allclose(resample(maps, stride=stride, size=size), expected, atol=1e-5)


def test_by_hand():
    # Cells of 2 pixels are centred on 1 and 3, pixels on 0.5, 1.5, 2.5 and 3.5.
    row = resample(torch.tensor([[0.0, 1.0]]), stride=(1.0, 2.0), size=(1, 4))
    assert row.tolist() == [[0, 0.25, 0.75, 1]]


@pytest.mark.parametrize("stride", [0.3, 1.0, 3.7, 16.0])
def test_rows_sum_to_one(stride: float):
    weights = linear_weights(5, 23, stride=stride)
    assert weights.shape == (23, 5)
    assert torch.allclose(weights.sum(dim=1), torch.ones(23), atol=1e-5)
    assert (weights >= 0).all()
    assert ((weights > 0).sum(dim=1) <= 2).all()


def test_stride_one_is_the_identity():
    maps = torch.randn(3, 5, 6)
    assert torch.equal(resample(maps, stride=(1.0, 1.0), size=(5, 6)), maps)


def test_an_image_that_ends_within_a_cell_is_a_crop():
    maps = torch.rand(2, 3, 4)
    whole = resample(maps, stride=(16.0, 16.0), size=(48, 64))
    assert torch.equal(resample(maps, stride=(16.0, 16.0), size=(37, 50)), whole[:, :37, :50])


def test_the_two_axes_are_not_mixed_up():
    maps = torch.tensor([[[0.0, 1.0], [0.0, 1.0]]])
    tall = resample(maps, stride=(4.0, 1.0), size=(8, 2))
    assert torch.equal(tall, maps[:, :1].expand(1, 8, 2))


@pytest.mark.parametrize("leading", [(), (2,), (2, 3), (0,)])
def test_any_leading_axes(leading: tuple[int, ...]):
    assert resample(torch.rand(*leading, 4, 5), stride=(2.0, 2.0), size=(8, 9)).shape == (*leading, 8, 9)


def test_is_float32_whatever_comes_in():
    maps = torch.rand(1, 4, 4)
    expected = resample(maps, stride=(2.0, 2.0), size=(8, 8))
    assert resample(maps.half(), stride=(2.0, 2.0), size=(8, 8)).dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(resample(maps, stride=(2.0, 2.0), size=(8, 8)), expected)


@pytest.mark.parametrize("sigma", [0.01, 0.5, 3.0, 40.0])
@pytest.mark.parametrize(("cells", "pixels"), [(5, 23), (3, 9), (1, 1)])
def test_what_a_cell_spreads_adds_up_to_one_wherever_it_lies(sigma: float, cells: int, pixels: int):
    weights = gaussian_weights(cells, pixels, stride=6.5, sigma=sigma)
    assert weights.shape == (pixels, cells)
    torch.testing.assert_close(weights.sum(dim=0), torch.ones(cells))


@pytest.mark.parametrize("sigma", [2.0, 5.0])
def test_a_spread_cell_is_a_gaussian_around_its_centre(sigma: float):
    share = gaussian_weights(9, 144, stride=16.0, sigma=sigma)[:, 4].double()
    pixel = torch.arange(144) + 0.5
    assert float((share * pixel).sum()) == pytest.approx(4.5 * 16, abs=1e-4)
    assert float((share * (pixel - 72) ** 2).sum()) == pytest.approx(sigma**2, rel=1e-3)
    torch.testing.assert_close(share[77] / share[72], torch.tensor(-(5.5**2 - 0.5**2) / (2 * sigma**2)).double().exp())


def test_without_width_cells_are_a_comb():
    # Cells of 3 pixels are centred on pixels 1 and 4.
    assert gaussian_weights(2, 6, stride=3.0, sigma=1e-3).T.tolist() == [[0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]]


@pytest.mark.parametrize(("width", "ripple"), [(0.55, 0.0051), (0.4, 0.085), (1.0, 0.0)])
def test_spread_cells_of_one_value_have_the_ripple_that_theory_gives(width: float, ripple: float):
    """2 exp(-2 pi^2 width^2), with the width in cells: below 1 % from 0.55 on."""
    inside = (gaussian_weights(31, 31 * 32, stride=32.0, sigma=width * 32) * 32).sum(dim=1)[320:-320]
    assert float(inside.mean()) == pytest.approx(1, abs=1e-4)
    assert float(inside.max() - inside.min()) / 2 == pytest.approx(ripple, abs=6e-4)


def test_the_axes_of_a_product_are_not_mixed_up():
    rows, columns = torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [5.0], [7.0]])
    assert along_both_axes(torch.tensor([[[10.0]]]), rows=rows, columns=columns).tolist() == [
        [[30, 50, 70], [60, 100, 140]]
    ]


@pytest.mark.parametrize(("cells", "height"), [(3, 12), (4, 4), (7, 10), (8, 3), (1, 5)])
def test_some_rows_are_those_of_torchs_interpolation(cells: int, height: int):
    maps = torch.rand(2, cells, 6)
    whole = functional.interpolate(maps[None], size=(height, 6), mode="bilinear", align_corners=False)[0]
    for top in range(height):
        rows = slice(top, min(top + 2, height))
        torch.testing.assert_close(linear_rows(maps, height=height, rows=rows), whole[:, rows], atol=1e-6, rtol=0)
