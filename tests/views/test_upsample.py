import pytest
import torch

from wsss.resample import resample
from wsss.views import (
    Bilinear,
    Gaussian,
)

CELL = 8
"""The stride of `TinyGAP`."""


def test_bilinear_drops_negative_evidence_before_it_interpolates():
    raw = torch.tensor([[[-4.0, 2.0]]])
    expected = resample(torch.tensor([[[0.0, 2.0]]]), stride=(1.0, 2.0), size=(1, 4))
    assert torch.equal(Bilinear()(raw, stride=(1.0, 2.0), size=(1, 4)), expected)


def test_gaussians_cancel_before_negative_evidence_is_dropped():
    raw = torch.tensor([[[2.0, -2.0]]])
    assert Gaussian(sigma=100.0)(raw, stride=(1.0, 2.0), size=(1, 4)).max() < 1e-3
    near = Gaussian(sigma=1e-3)(raw, stride=(1.0, 3.0), size=(1, 6))
    assert near.tolist() == [[[0, 2, 0, 0, 0, 0]]]


def test_a_gaussian_is_as_wide_as_its_cell_along_each_axis():
    raw = torch.zeros(1, 9, 9)
    raw[0, 4, 4] = 3
    spread = Gaussian(sigma=0.5)(raw, stride=(4.0, 8.0), size=(36, 72))[0].double()
    assert float(spread.sum()) == pytest.approx(3, abs=1e-5)
    for axis, (side, stride) in enumerate([(36, 4), (72, 8)]):
        share = spread.sum(dim=1 - axis) / 3
        off = torch.arange(side) + 0.5 - 4.5 * stride
        assert float((share * off).sum()) == pytest.approx(0, abs=1e-4)
        assert float((share * off**2).sum()) == pytest.approx((0.5 * stride) ** 2, rel=1e-2)


def test_gaussians_keep_the_sum_or_the_level():
    raw = torch.full((1, 12, 12), 0.7)
    kept = Gaussian()(raw, stride=(2.0, 4.0), size=(24, 48))
    assert float(kept.sum()) == pytest.approx(0.7 * 144, rel=1e-5)
    level = Gaussian(keep="level")(raw, stride=(2.0, 4.0), size=(24, 48))
    torch.testing.assert_close(level, 8 * kept)
    torch.testing.assert_close(level[:, 10:14, 20:28], torch.full((1, 4, 8), 0.7), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan")])
def test_a_gaussian_without_width_is_refused(sigma: float):
    with pytest.raises(ValueError, match="sigma must be positive"):
        Gaussian(sigma=sigma)
