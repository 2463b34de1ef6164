import pytest
import torch
from torch import Tensor, nn

from wsss.errors import ModelError
from wsss.models.gap import GAPClassifier
from wsss.models.receptive_field import receptive_field
from wsss.types import Cut


class Sums:
    """A convolution of ones: a unit answers alike to all pixels that it sees."""

    blocks = ("last",)

    def __init__(self, size: int, *, stride: int, padding: int = 0, layers: int = 1) -> None:
        self.stride = stride**layers
        self.layers = nn.Sequential(
            *[nn.Conv2d(3 if i == 0 else 1, 1, size, stride=stride, padding=padding) for i in range(layers)]
        )
        with torch.no_grad():
            for parameter in self.layers.parameters():
                parameter.fill_(1)

    def until(self, block: str, images: Tensor) -> Cut:
        return Cut(maps=self.layers(images), stride=self.stride)

    def after(self, block: str, cut: Cut) -> Tensor:
        raise NotImplementedError


class Silent(Sums):
    """Units that are dead for dark images."""

    def until(self, block: str, images: Tensor) -> Cut:
        cut = super().until(block, images)
        return cut.with_maps((cut.maps - 10).relu())


def test_by_hand():
    # Eight pixels in a row are (8^2 - 1) / 12 from their middle in the mean of squares.
    found = receptive_field(Sums(8, stride=8), [torch.randn(1, 3, 40, 24)], block="last")
    assert found.sigma == pytest.approx((63 / 12) ** 0.5)
    assert found.offset == pytest.approx((0, 0))


def test_variances_of_layers_add_up():
    found = receptive_field(Sums(3, stride=1, padding=1, layers=2), [torch.randn(2, 3, 20, 30)], block="last")
    assert found.sigma == pytest.approx((2 * 8 / 12) ** 0.5)
    assert found.offset == pytest.approx((0, 0))


def test_padding_moves_units_off_the_middle_of_their_cells():
    # Unit i sees pixels 2i - 1 .. 2i + 1, with coordinate 2i + 1/2 in the middle; its cell is 2i .. 2i + 2.
    found = receptive_field(Sums(3, stride=2, padding=1), [torch.randn(1, 3, 20, 32)], block="last")
    assert found.offset == pytest.approx((-0.5, -0.5))


def test_images_that_leave_the_unit_dead_do_not_count():
    shown, dark = torch.ones(1, 3, 20, 20), torch.zeros(1, 3, 20, 20)
    network = Silent(3, stride=1, padding=1)
    found = receptive_field(network, [torch.cat([shown, dark]), dark], block="last")
    assert found.sigma == pytest.approx((8 / 12) ** 0.5)
    with pytest.raises(ModelError, match="answers to none of the images"):
        receptive_field(network, [dark], block="last")


def test_later_blocks_see_further_and_the_network_is_left_alone(timm_network: GAPClassifier):
    images = [torch.randn(1, 3, 160, 192, generator=torch.Generator().manual_seed(i)) for i in range(2)]
    sigmas = []
    for block in ("stem", "block1", "last"):
        with torch.no_grad():
            sigmas.append(receptive_field(timm_network, images, block=block).sigma)
    assert 0 < sigmas[0] < sigmas[1] < sigmas[2]
    assert all(parameter.grad is None for parameter in timm_network.parameters())
    assert not images[0].requires_grad
