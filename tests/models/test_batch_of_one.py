"""One image at a time: which networks learn from it."""

import pytest
import torch
from torch import nn

from wsss.models.batch_of_one import learns_from_one
from wsss.models.segmenters.segmenter import SegmenterOptions


@pytest.mark.parametrize(("architecture", "stride", "learns"), [("DeepLabV3Plus", 16, False), ("Unet", 32, True)])
def test_architectures(architecture: str, stride: int, learns: bool):
    network = SegmenterOptions(architecture=architecture, encoder_weights="none", output_stride=stride).outline()
    assert learns_from_one(network, side=96) == learns


def test_one_cell_is_one_value_and_two_are_not():
    network = nn.Sequential(nn.Conv2d(3, 4, kernel_size=8, stride=8), nn.BatchNorm2d(4))
    assert not learns_from_one(network, side=8)
    assert learns_from_one(network, side=16)


def test_the_network_is_left_as_it_was():
    network = nn.Sequential(nn.Conv2d(3, 4, kernel_size=8, device="meta"), nn.BatchNorm2d(4, device="meta")).eval()
    learns_from_one(network, side=8)
    assert not network.training


def test_another_mistake_is_not_hidden():
    class Wrong(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        learns_from_one(Wrong(), side=8)
