"""Networks of smp answer images of any size."""

import pytest
import torch
from builders import named

from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.models.segmenters.segmenter import SegmenterOptions
from wsss.protocols import CutClassifier, Segments

PLAIN = SegmenterOptions(encoder="tu-resnet18", encoder_weights="none")


@pytest.fixture(scope="module")
def network() -> SegmentationNetwork:
    return PLAIN.build(named(2)).eval()


@pytest.mark.parametrize("size", [(64, 64), (70, 93), (33, 16), (1, 47)])
def test_any_size_comes_out_as_it_went_in(network: SegmentationNetwork, size: tuple[int, ...]):
    with torch.no_grad():
        assert network(torch.randn(2, 3, *size)).shape == (2, 3, *size)


def test_padding_is_zero_at_the_right_and_bottom(network: SegmentationNetwork):
    images = torch.randn(1, 3, 60, 45, generator=torch.Generator().manual_seed(0))
    padded = torch.zeros(1, 3, 64, 48)
    padded[..., :60, :45] = images
    with torch.no_grad():
        assert torch.equal(network(images), network(padded)[..., :60, :45])
        assert torch.equal(network(padded), network.network(padded))


def test_encoder_and_decoder_share_the_parameters_out(network: SegmentationNetwork):
    assert isinstance(network, SegmentationNetwork)
    encoder, decoder = list(network.encoder_parameters()), list(network.decoder_parameters())
    assert {id(p) for p in encoder}.isdisjoint(id(p) for p in decoder)
    assert len(encoder) + len(decoder) == len(list(network.parameters()))
    assert all(p is q for p, q in zip(encoder, network.encoder.parameters(), strict=True))


def test_it_segments_and_cannot_be_cut(network: SegmentationNetwork):
    assert isinstance(network, Segments)
    assert not isinstance(network, CutClassifier)
