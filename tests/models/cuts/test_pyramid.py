import pytest
import torch

from wsss.models.cuts.pyramid import Pyramid
from wsss.testing.families import FAMILIES, small_family_network


@pytest.mark.parametrize("family", FAMILIES)
def test_maps_are_those_of_the_classifier_cut_at_each_block(family: str):
    classifier = small_family_network(family)
    images = torch.randn(2, 3, 64, 96)
    chosen = [classifier.blocks[1], classifier.blocks[-2]]
    pyramid = Pyramid(classifier.backbone, blocks=chosen)
    with torch.no_grad():
        every = pyramid(images)
        for name, maps, channels, stride in zip(chosen, every, pyramid.channels, pyramid.strides, strict=True):
            cut = classifier.until(name, images)
            assert torch.equal(maps, cut.maps)
            assert channels == maps.shape[1]
            assert stride == cut.stride


def test_what_follows_the_last_block_is_not_run(monkeypatch: pytest.MonkeyPatch):
    classifier = small_family_network("resnet")
    pyramid = Pyramid(classifier.backbone, blocks=["stem"])
    monkeypatch.setattr(classifier.backbone.layer1, "forward", None)
    assert len(pyramid(torch.randn(1, 3, 32, 32))) == 1
