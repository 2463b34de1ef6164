"""Where a segmentation network is cut."""

import pytest
import torch
from segmentation_models_pytorch import FPN, Unet
from torch import nn

from wsss.cams import GradCAM
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.models.targets.pixels import PixelClassifier
from wsss.models.targets.segmenter_blocks import cut_segmenter
from wsss.types import Targets


@pytest.mark.parametrize(("make", "encoder"), [(Unet, "resnet18"), (FPN, "tu-mobilenetv3_small_100")])
def test_maps_are_those_of_the_encoders_last_layer(make: type[nn.Module], encoder: str):
    torch.manual_seed(0)
    network = SegmentationNetwork(make(encoder, encoder_weights=None, classes=3)).eval()
    cut = cut_segmenter(network)
    images = torch.randn(1, 3, 96, 64)
    assert cut.stride == 32
    assert cut.until("last", images).maps.shape[-2:] == (3, 2)
    torch.testing.assert_close(cut.after("last", cut.until("last", images)), network.segment(images))
    mask = torch.zeros(96, 64, dtype=torch.bool)
    mask[:8, :8] = True
    maps = GradCAM()(PixelClassifier(cut, {0: mask}), images, Targets.of([[0]]))
    assert maps.shape == (1, 3, 2)
    assert maps.abs().max() > 0
