import pytest
import torch
from networks import Given, Squares, TinyGAP, TinyMLP

from wsss.cams import ExtendedCAM, GradCAM, HiResCAM
from wsss.cams.extendedcam import conserved
from wsss.types import MAP_STRIDE, Size, Targets
from wsss.views import Bilinear, Gaussian

IMAGES = torch.randn(2, 3, 40, 24, generator=torch.Generator().manual_seed(4))
TARGETS = Targets.of([[0, 1, 3], [2]])


def test_by_hand():
    # The logit is half the sum of the squares, 15; gradients are the maps, so that their products' sum is 30.
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    raw = ExtendedCAM()(Squares(maps, torch.empty(0)), torch.zeros(1, 3, 1, 1), Targets.of([[0]]))
    assert raw.tolist() == [[[0.5, 2], [4.5, 8]]]


@pytest.mark.parametrize("block", ["stem", "block1", "last"])
@pytest.mark.parametrize("gradients", ["each", "mean"])
def test_a_map_sums_to_its_logit(block: str, gradients: str):
    network = TinyMLP()
    raw = ExtendedCAM(block=block, gradients=gradients)(network, IMAGES, TARGETS)
    logits = network(IMAGES).detach()[TARGETS.image, TARGETS.cls]
    torch.testing.assert_close(raw.sum(dim=(1, 2)), logits, atol=1e-4, rtol=1e-4)
    assert logits.min() < 0 < logits.max()


def test_before_a_linear_head_there_is_nothing_to_rescale(tiny: TinyGAP):
    raw = ExtendedCAM()(tiny, IMAGES, TARGETS)
    torch.testing.assert_close(raw, HiResCAM()(tiny, IMAGES, TARGETS), atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(raw.sum(dim=(1, 2)), tiny(IMAGES).detach()[TARGETS.image, TARGETS.cls])


@pytest.mark.parametrize("block", ["block1", "last"])
def test_without_rescaling_it_is_hirescam_or_gradcam(block: str):
    network = TinyMLP()
    raw = ExtendedCAM(block=block, conservative=False)(network, IMAGES, TARGETS)
    torch.testing.assert_close(raw, HiResCAM(block=block)(network, IMAGES, TARGETS))
    raw = ExtendedCAM(block=block, conservative=False, gradients="mean")(network, IMAGES, TARGETS)
    torch.testing.assert_close(raw, GradCAM(block=block)(network, IMAGES, TARGETS))


def test_a_map_that_cancels_keeps_its_scale():
    raw = torch.tensor([[[1.0, -1.0]], [[0.0, 0.0]], [[1.0, 3.0]]])
    scaled = conserved(raw, torch.tensor([5.0, 5.0, -2.0]))
    assert scaled.tolist() == [[[1, -1]], [[0, 0]], [[-0.5, -1.5]]]


def test_gaussians_keep_the_sum_and_interpolation_does_not():
    """Of a map without negative values, since both end in a ReLU."""
    network = Given(torch.rand(1, 3, 4, 6), torch.rand(2, 3))
    raw = ExtendedCAM()(network, torch.zeros(1, 3, 1, 1), Targets.of([[0, 1]]))
    logits = network.after("last", network.until("last", torch.empty(0)))[0]
    stride, size = 16 / MAP_STRIDE, Size(height=64, width=96).over(MAP_STRIDE)
    spread = Gaussian()(raw, stride=(stride, stride), size=size)
    torch.testing.assert_close(spread.sum(dim=(1, 2)), logits, atol=1e-4, rtol=1e-4)
    interpolated = Bilinear()(raw, stride=(stride, stride), size=size)
    torch.testing.assert_close(interpolated.sum(dim=(1, 2)), logits * stride**2, atol=1e-3, rtol=1e-3)
